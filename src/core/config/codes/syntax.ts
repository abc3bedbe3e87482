import {error, info, warning} from './code.ts'

/** What the grammar alone can tell. */
export const syntaxCodes = {
  notUtf8: error<object>('C001', 'not UTF-8', {
    doc: 'A name or a value holds octets that are not UTF-8, so nobody can say which characters were meant. Old editors on Windows write such files. Save the file as UTF-8.',
    message: 'this line is not UTF-8',
    hint: 'save the file as UTF-8; Notepad has that under Save as, Encoding',
  }),
  notUtf8Comment: warning<object>('C002', 'comment not UTF-8', {
    doc: 'A comment holds octets that are not UTF-8. It changes nothing, but other tools may refuse the file.',
    message: 'this comment is not UTF-8',
    hint: 'save the file as UTF-8',
  }),
  utf16: error<object>('C003', 'UTF-16', {
    doc: 'The file is saved as UTF-16, which Notepad calls Unicode. Save it as UTF-8.',
    message: 'the file is UTF-16',
    hint: 'save it as UTF-8',
  }),
  nul: error<object>('C004', 'NUL character', {
    doc: 'A NUL character stands in the file. It cannot be seen in most editors, and is often the trace of a crash or of UTF-16 text. Remove it.',
    message: 'a NUL character stands here',
    hint: 'remove it; the rest of the line may be damaged too',
  }),
  byteOrderMark: warning<object>('C005', 'byte order mark', {
    doc: 'The file begins with a byte order mark. This program skips it, other readers take it for a part of the first section name. Save the file as UTF-8 without it.',
    message: 'the file begins with a byte order mark, which hides the first section from other INI readers',
    hint: 'save it as UTF-8 without a byte order mark',
  }),
  mixedLineEnds: info<{lines: number}>('C006', 'mixed line ends', {
    doc: 'Some lines end in CRLF and some in LF. It changes nothing here, but it shows that two tools have written the file.',
    message: (f) => `${f.lines} lines end differently from the first one`,
    hint: 'let your editor write one kind of line end',
  }),
  tooLarge: error<{octets: number; limit: number}>('C007', 'file too large', {
    doc: 'No configuration is this large; the path probably names another file.',
    message: (f) => `the file has ${f.octets} octets, more than ${f.limit}`,
    hint: 'check the path',
  }),
  textBeforeSection: error<{text: string}>('C010', 'text before the first section', {
    doc: 'Every option stands in a section. Text before the first [section] belongs to none. Put the name of its section above it, or make it a comment with # or ;.',
    message: 'this line stands before the first [section]',
    hint: 'put the name of its section above it, for example [main], or make it a comment with #',
  }),
  noSections: error<object>('C011', 'no section', {
    doc: 'The file has no [section] at all. `authproxy validate --sample` writes a file to start from.',
    message: 'the file has no [section]',
    hint: 'see authproxy validate --sample',
  }),
  duplicateSection: error<{name: string; firstLine: number}>('C012', 'duplicate section', {
    doc: 'Two sections have the same name. Number them when both are meant: [radius_server_challenge] and [radius_server_challenge2]; otherwise make one of them.',
    message: (f) => `[${f.name}] stands in line ${f.firstLine} already`,
    hint: (f) => `join the two, or number the second one: [${f.name}2]`,
  }),
  duplicateKey: error<{key: string; firstLine: number}>('C013', 'duplicate option', {
    doc: 'An option stands twice in one section (capital letters make no difference). Keep the line that is meant.',
    message: (f) => `${f.key} stands in line ${f.firstLine} already`,
    hint: 'remove one of the two',
  }),
  noDelimiter: error<{unclosedHeader: boolean}>('C014', 'no = in the line', {
    doc: 'The line is neither a [section], nor key=value, nor a comment. An indented line continues the value above it, which this one does not.',
    message: (f) => (f.unclosedHeader ? 'this section name has no closing bracket' : 'this line has no ='),
    hint: (f) => (f.unclosedHeader ? 'write [name]' : 'write key=value, or make it a comment with #'),
  }),
  noKey: error<object>('C015', 'no key before =', {
    doc: 'The line begins with = or :, so it has a value but no key.',
    message: 'this line has no key before its =',
    hint: 'write key=value',
  }),
  textAfterHeader: warning<object>('C016', 'text after the section name', {
    doc: 'Text behind the closing bracket is skipped by this program. Other INI readers do not recognise such a line as a section, and give its options to the section above. Move the text to a line of its own.',
    message: 'text after the closing bracket is skipped here, and hides the section from other INI readers',
    hint: 'move it to a line of its own, as a comment',
  }),
  swallowedOption: error<{keyLine: number}>('C017', 'indented line is part of the value above', {
    doc: 'An indented line (by spaces or a tab) continues the value of the option above it. This one looks like a line of its own, and has no effect as it stands. Move it to the first column.',
    message: (f) => `this indented line continues the value in line ${f.keyLine}`,
    hint: 'remove the spaces or tabs at its beginning',
  }),
  multilineValue: warning<{key: string}>('C018', 'value over several lines', {
    doc: 'The value goes on in the next, indented line, and so contains a line break. Only lists, filters, names and texts may do that.',
    message: (f) => `the value of ${f.key} contains a line break, because the line below it is indented`,
    hint: 'write the value in one line',
  }),
} as const
