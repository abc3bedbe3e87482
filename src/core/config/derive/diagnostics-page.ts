import {codeList} from '../codes.ts'

const intro = `# Diagnostics

<!-- Written by \`npm run docs\` from the table of codes. Change the table, not this file. -->

What \`authproxy validate\` finds, in the form \`file:line:column severity CODE message (hint)\`. An error stops \`serve\`; warnings and
information do not. A code keeps its meaning for ever. \`fixtures/config/bad\` has a file for each of them.
`

/** docs/diagnostics.md: a section for each code. */
export function diagnosticsPage(): string {
  const sections = [...codeList]
    .sort((a, b) => a.code.localeCompare(b.code))
    .map(({code, severity, title, doc}) => `## ${code} ${title}\n\n${severity}\n\n${doc}\n`)
  return `${intro}\n${sections.join('\n')}`
}
