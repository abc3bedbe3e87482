import {checkDirectories} from './checks/directories.ts'
import {checkFiles} from './checks/files.ts'
import {checkListeners} from './checks/listeners.ts'
import {checkMain} from './checks/main.ts'
import {checkRules} from './checks/rules.ts'
import {checkSecondOpinion} from './checks/second-opinion.ts'
import {checkSecrets} from './checks/secrets.ts'
import {checkServers} from './checks/servers.ts'
import {checkTimeBudget} from './checks/time-budget.ts'
import type {Report} from './diagnostic.ts'
import type {Check, Whole} from './whole.ts'

const checks: readonly Check[] = [
  checkRules,
  checkMain,
  checkServers,
  checkListeners,
  checkDirectories,
  checkFiles,
  checkSecrets,
  checkTimeBudget,
  checkSecondOpinion,
]

/** Everything that can be said about a file beyond its single values. */
export function check(whole: Whole, report: Report): void {
  for (const run of checks) run(whole, report)
}
