import type {BrokenWorld} from './broken-world.ts'
import {directoryWorlds} from './directory.ts'
import {duoWorlds} from './duo.ts'
import {machineWorlds} from './machine.ts'
import {radiusWorlds} from './radius.ts'

type Area = {readonly title: string; readonly worlds: readonly BrokenWorld[]}

export const areas: readonly Area[] = [
  {title: 'Duo', worlds: duoWorlds},
  {title: 'Active Directory and LDAP', worlds: directoryWorlds},
  {title: 'Another RADIUS server', worlds: radiusWorlds},
  {title: 'This machine', worlds: machineWorlds},
]

/** docs/troubleshooting.md; `npm run docs` writes it. */
export function troubleshootingPage(): string {
  return `${[intro, ...areas.map(area)].join('\n')}`
}

const intro = `# Troubleshooting

What \`authproxy connectivity\` says when something is broken, and what to do. Words in \`<>\` differ from machine to machine.
Each of these was built for real, and the sentence is what the check said: this page is made from the table of
[the tests](../test/probes/broken-worlds.test.ts). How the checks work is in [connectivity.md](connectivity.md); what \`validate\` says
is in [diagnostics.md](diagnostics.md), and what a refused login looks like to a user in [ivanti.md](ivanti.md).

For one login, \`authproxy explain --user NAME\` says where it ended and why.
`

function area({title, worlds}: Area): string {
  return `## ${title}\n\n${worlds.map(entry).join('\n')}`
}

function entry({broken, check, status, says, next}: BrokenWorld): string {
  const word = {failed: 'fails', warning: 'warns', skipped: 'is not run'}[status]
  const step = next === '' ? '' : `\nDo: ${code(next)}\n`
  return `### ${broken}\n\nThe check \`${check}\` ${word}:\n\n    ${says}\n${step}`
}

/** What stands in angle brackets would be taken for HTML. */
function code(text: string): string {
  return text.replace(/<([^>]+)>/g, '`<$1>`')
}
