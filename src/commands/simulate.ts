import {BaseCommand} from '../base-command.ts'
import type {LoginJson} from '../core/simulate/login-json.ts'
import {painter} from '../render.ts'
import {simulateFlags} from '../simulate-flags.ts'
import type {LoadJson} from '../simulate-run.ts'
import type {ScenarioJson} from '../simulate-scenario.ts'
import type {Target} from '../simulate-target.ts'

export default class Simulate extends BaseCommand {
  static override description = `Be a VPN gateway: send Access-Requests, show the challenge, answer it

With neither --server nor a configuration file an embedded proxy is asked, with a directory and a Duo cloud of its own.

Exit codes: 0 accepted, 1 rejected, 2 could not run, 3 no answer in time.`

  static override examples = [
    '<%= config.bin %> simulate --user jdoe --answer push',
    '<%= config.bin %> simulate --user jdoe --password - --server 10.0.0.5:1812 --secret-file s.txt --answer 123456 --json',
    '<%= config.bin %> simulate --user jdoe --answer 1 --count 1000 --concurrency 50',
  ]

  static override flags = simulateFlags

  async run(): Promise<LoginJson | LoadJson | ScenarioJson> {
    const {flags} = await this.parse(Simulate)
    const paint = painter(process.stdout, flags['no-color'])
    if (flags.scenario !== undefined) {
      const {playScenarioFile} = await import('../simulate-scenario.ts')
      const played = await playScenarioFile(flags.scenario, flags, paint, (line) => this.log(line))
      process.exitCode = played.ok ? 0 : 1
      return played
    }
    const {findTarget, resolveServer} = await import('../simulate-target.ts')
    const {attemptOf, expectedOf, nasOf, passwordOf} = await import('../simulate-login.ts')
    const found = await findTarget(flags)
    const known =
      found === undefined ? (await import('../core/simulate/embedded-login.ts')).embeddedPassword : undefined
    const attempt = attemptOf(flags, await passwordOf(flags, known))
    const expected = expectedOf(flags)
    const second = flags['second-server'] === undefined ? undefined : await resolveServer(flags['second-server'])
    const {target, pushes, close} = await this.#open(found, attempt.userName, flags.count !== undefined)
    for (const note of target.notes) this.logToStderr(note)
    const nas = nasOf(flags, target, second)
    try {
      const {runLogin, runManyLogins} = await import('../simulate-run.ts')
      const options = {
        paint,
        trace: flags.trace,
        print: (line: string) => this.log(line),
        quiet: this.jsonEnabled(),
        expected,
      }
      if (flags.count === undefined) return await runLogin(nas, attempt, options)
      return await runManyLogins(nas, attempt, {...flags, count: flags.count}, options, pushes)
    } finally {
      await nas.close()
      await close()
    }
  }

  /** The target that was found, or an embedded stack. */
  async #open(
    found: Target | undefined,
    userName: string,
    manyLogins: boolean,
  ): Promise<{target: Target; pushes?: () => number; close: () => Promise<void>}> {
    if (found !== undefined) return {target: found, close: async () => {}}
    const {embeddedPasscode, startEmbeddedServer} = await import('../core/simulate/embedded-login.ts')
    const {startProxy} = await import('../embedded-proxy.ts')
    const {realWorld} = await import('../core/world.ts')
    const answerAfterMs = manyLogins ? 0 : 1000
    const {stack, server, secret} = await startEmbeddedServer({
      startProxy,
      world: realWorld,
      userName,
      phone: 'approve',
      answerAfterMs,
    })
    const notes = [
      'No --server and no configuration file: asking an embedded proxy, with a directory and a Duo cloud of its own',
      `(pushes are approved after ${answerAfterMs / 1000} s, the passcode is ${embeddedPasscode})`,
    ]
    return {target: {server, secret, notes}, pushes: () => stack.cloud.pushesStarted, close: () => stack.close()}
  }
}
