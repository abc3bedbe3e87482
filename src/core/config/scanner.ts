/** A place in the file. Lines and columns count from 1, columns in UTF-16 units, as editors do. */
export type Place = {readonly line: number; readonly column: number}

/** One line's share of a value: where it begins, and its text. */
export type ValuePart = Place & {readonly text: string}

/** A key and its value as they stand in the file. */
export type Entry = {
  /** Lower-cased, as the original compares keys. */
  readonly key: string
  /** As it was typed. */
  readonly keyText: string
  readonly at: Place
  /** The lines of the value joined by \n, each of them stripped. */
  readonly value: string
  /** Where the value stands; at least one part, whose text may be empty. */
  readonly parts: readonly ValuePart[]
  /** It stands in [DEFAULT], and was added to a section that does not say it itself. */
  readonly isDefault?: true
}

export type ScannedSection = {
  /** As it was typed, without the brackets. */
  readonly nameText: string
  readonly at: Place
  readonly entries: readonly Entry[]
}

/** What is wrong with a line, as far as the grammar alone can tell. */
export type SyntaxProblem = Place & {
  readonly kind:
    | 'text-before-section'
    | 'no-sections'
    | 'duplicate-section'
    | 'duplicate-key'
    | 'no-delimiter'
    | 'no-key'
    | 'text-after-header'
    | 'swallowed-option'
  readonly text: string
  /** For duplicates: the line of the first one. */
  readonly firstLine: number
}

export type Scan = {
  readonly lines: readonly string[]
  readonly sections: readonly ScannedSection[]
  readonly problems: readonly SyntaxProblem[]
}

type OpenEntry = {key: string; keyText: string; at: Place; parts: ValuePart[]; blanks: number}
type OpenSection = {nameText: string; at: Place; entries: OpenEntry[]; lineOf: Map<string, number>}

// White space as Python's str.strip and \s know it: it includes \x1c-\x1f and \x85, but not the byte order mark.
const SPACES = new Set(
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
)

/**
 * Reads the grammar of the original: Python's ConfigParser without interpolation and without inline comments.
 * Indented lines continue a value, and only a line's first character makes it a comment.
 * It never throws; what the original refuses is a problem, and the scan goes on after it.
 */
export function scan(text: string): Scan {
  const lines = text.split(/\r\n|\r|\n/)
  const sections: OpenSection[] = []
  const problems: SyntaxProblem[] = []
  const lineOfSection = new Map<string, number>()
  let section: OpenSection | undefined
  let entry: OpenEntry | undefined
  let indentation = 0

  const report = (kind: SyntaxProblem['kind'], at: Place, reported: string, firstLine = 0) =>
    problems.push({kind, line: at.line, column: at.column, text: reported, firstLine})

  for (const [index, line] of lines.entries()) {
    const content = strip(line)
    const at: Place = {line: index + 1, column: leadingSpace(line) + 1}
    if (content === '') {
      if (entry !== undefined) entry.blanks++
      continue
    }
    if (content.startsWith('#') || content.startsWith(';')) continue

    if (entry !== undefined && at.column - 1 > indentation) {
      if (entry.key !== '') appendPart(entry, {...at, text: content})
      if (looksLikeOption(content)) report('swallowed-option', at, content, entry.at.line)
      continue
    }
    indentation = at.column - 1

    // A header without its closing bracket is refused, but meant as one: the lines below it are not of the section above.
    const header = /^\[([^\]]+)\]/.exec(content) ?? /^\[([^\]=:]+)$/.exec(content)
    if (header !== null) {
      const nameText = header[1] ?? ''
      section = {nameText, at, entries: [], lineOf: new Map()}
      sections.push(section)
      entry = undefined
      const first = lineOfSection.get(nameText.toLowerCase())
      if (first !== undefined) report('duplicate-section', at, nameText, first)
      else lineOfSection.set(nameText.toLowerCase(), at.line)
      const rest = content.slice(header[0].length)
      if (!header[0].endsWith(']')) report('no-delimiter', at, content)
      if (rest !== '') {
        const column = at.column + header[0].length + leadingSpace(rest)
        report('text-after-header', {line: at.line, column}, strip(rest))
      }
      continue
    }
    if (section === undefined) {
      // One finding is enough: everything up to the first section has the same mistake.
      if (problems.at(-1)?.kind !== 'text-before-section') report('text-before-section', at, content)
      continue
    }

    const delimiter = content.search(/[=:]/)
    if (delimiter === -1) {
      report('no-delimiter', at, content)
      continue
    }
    const keyText = strip(content.slice(0, delimiter))
    const rest = content.slice(delimiter + 1)
    const valueColumn = at.column + delimiter + 1 + leadingSpace(rest)
    const key = keyText.toLowerCase()
    entry = {key, keyText, at, parts: [{line: at.line, column: valueColumn, text: strip(rest)}], blanks: 0}
    if (key === '') {
      report('no-key', at, content)
      entry = undefined
      continue
    }
    const first = section.lineOf.get(key)
    if (first !== undefined) {
      report('duplicate-key', at, key, first)
      continue
    }
    section.lineOf.set(key, at.line)
    section.entries.push(entry)
  }
  if (sections.length === 0) report('no-sections', {line: 1, column: 1}, '')
  return {lines, sections: sections.map(closeSection), problems}
}

/** The place of the character at `offset` in the value of an entry. */
export function placeInValue(entry: Entry, offset: number): Place {
  let rest = offset
  let last: Place = entry.at
  for (const part of entry.parts) {
    if (rest <= part.text.length) return {line: part.line, column: part.column + Math.max(0, rest)}
    rest -= part.text.length + 1
    last = {line: part.line, column: part.column + part.text.length}
  }
  return last
}

/** Removes white space at both ends, as Python does. */
export function strip(text: string): string {
  const start = leadingSpace(text)
  let end = text.length
  while (end > start && SPACES.has(text.charAt(end - 1))) end--
  return text.slice(start, end)
}

function leadingSpace(text: string): number {
  let size = 0
  while (size < text.length && SPACES.has(text.charAt(size))) size++
  return size
}

/** Blank lines inside a value are part of it, those behind it are not. */
function appendPart(entry: OpenEntry, part: ValuePart): void {
  for (; entry.blanks > 0; entry.blanks--) entry.parts.push({line: part.line, column: 1, text: ''})
  entry.parts.push(part)
}

function looksLikeOption(content: string): boolean {
  return /^[a-z][a-z0-9_]*\s*[=:]/i.test(content) || /^\[[^\]]+\]/.test(content)
}

function closeSection({nameText, at, entries}: OpenSection): ScannedSection {
  return {
    nameText,
    at,
    entries: entries.map(({key, keyText, at: keyAt, parts}) => ({
      key,
      keyText,
      at: keyAt,
      value: parts.map((part) => part.text).join('\n'),
      parts,
    })),
  }
}
