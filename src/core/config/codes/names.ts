import {error, info, warning} from './code.ts'

/** Sections and options by their names. */
export const nameCodes = {
  unknownSection: error<{name: string; suggestion: string | undefined}>('C101', 'unknown section', {
    doc: 'No section has this name. A section may carry a number at its end, as in [ad_client2].',
    message: (f) => `unknown section [${f.name}]`,
    hint: (f) =>
      f.suggestion === undefined ? 'docs/configuration.md lists all sections' : `did you mean [${f.suggestion}]?`,
  }),
  sectionNotServed: warning<{name: string; instead: string}>('C102', 'section not served', {
    doc: 'The section is read and checked, but nothing runs for it in this release: what it names is not listened on.',
    message: (f) => `[${f.name}] is checked, but nothing runs for it in this release`,
    hint: (f) => f.instead,
  }),
  defaultSection: info<object>('C103', '[DEFAULT]', {
    doc: 'The options of [DEFAULT] hold in every section that knows them and has no value of its own. Few administrators expect that.',
    message: '[DEFAULT] fills in options of every section',
    hint: 'write them where they belong; those for all sections belong in [main]',
  }),
  misspelledOption: error<{key: string; suggestion: string}>('C104', 'misspelled option', {
    doc: 'The section has no such option, but one whose name is nearly the same. As it stands the line has no effect.',
    message: (f) => `unknown option "${f.key}"`,
    hint: (f) => `did you mean "${f.suggestion}"?`,
  }),
  misplacedOption: error<{key: string; section: string; owners: readonly string[]}>(
    'C105',
    'option of another section',
    {
      doc: 'The option exists, but not in this section, where it has no effect. Move the line to the section it belongs to.',
      message: (f) => `${f.key} has no effect in [${f.section}]`,
      hint: (f) => `it belongs to ${f.owners.map((owner) => `[${owner}]`).join(', ')}`,
    },
  ),
  unknownOption: warning<{key: string; section: string}>('C106', 'unknown option', {
    doc: 'No section has an option of this name. It has no effect.',
    message: (f) => `unknown option "${f.key}" in [${f.section}]`,
    hint: 'docs/configuration.md lists all options',
  }),
  optionNotServed: warning<{key: string}>('C107', 'option not served', {
    doc: 'The option is read and checked, but has no effect in this release.',
    message: (f) => `${f.key} has no effect in this release`,
    hint: 'remove it, or do not rely on it yet',
  }),
  deprecatedOption: warning<{key: string; instead: string}>('C108', 'option without effect', {
    doc: 'The option has no effect, and will not get one. The hint says what does its work.',
    message: (f) => `${f.key} has no effect`,
    hint: (f) => f.instead,
  }),
  ineffectiveOption: warning<{key: string; condition: string; section: string}>('C109', 'option without effect here', {
    doc: 'The option has an effect only together with another one, as the message says.',
    message: (f) => `${f.key} has no effect: ${f.condition}`,
    hint: 'remove it, or set the other option too',
  }),
  numberMissing: error<{key: string; suggestion: string}>('C110', 'number missing', {
    doc: 'The option is always written with a number, also when there is only one of it.',
    message: (f) => `${f.key} needs a number`,
    hint: (f) => `write ${f.suggestion}`,
  }),
  numberGap: warning<{key: string; missing: string}>('C111', 'gap in the numbers', {
    doc: 'Options of this kind are read from the first number on until one is missing. What stands behind the gap has no effect.',
    message: (f) => `${f.key} has no effect, because ${f.missing} is missing`,
    hint: 'number them without a gap',
  }),
  givenTwice: error<{key: string; first: string; firstLine: number}>('C112', 'two names of one option', {
    doc: 'One option is given under two of its names. Keep the line that is meant.',
    message: (f) => `${f.key} and ${f.first} in line ${f.firstLine} are the same option`,
    hint: 'remove one of the two',
  }),
  singleSection: error<{name: string; kind: string}>('C113', 'section may stand only once', {
    doc: 'There is only one section of this kind, and it has no number.',
    message: (f) => `there can be no [${f.name}] beside [${f.kind}]`,
    hint: (f) => `write its options into [${f.kind}]`,
  }),
} as const
