import type {Report} from './diagnostic.ts'

const LIMIT_OCTETS = 4 * 1024 * 1024

export type DecodedFile = {readonly ok: true; readonly text: string} | {readonly ok: false}

/** The text of a file, and what is wrong with its octets. Those that are not UTF-8 become U+FFFD. */
export function decodeText(octets: Buffer, report: Report): DecodedFile {
  if (octets.length > LIMIT_OCTETS) {
    report('tooLarge', {line: 1, column: 1}, {octets: octets.length, limit: LIMIT_OCTETS})
    return {ok: false}
  }
  if (isUtf16(octets)) {
    report('utf16', {line: 1, column: 1}, {})
    return {ok: false}
  }
  const marked = octets[0] === 0xef && octets[1] === 0xbb && octets[2] === 0xbf
  if (marked) report('byteOrderMark', {line: 1, column: 1}, {})
  const text = new TextDecoder('utf-8', {ignoreBOM: true}).decode(marked ? octets.subarray(3) : octets)
  if (text.includes('\ufffd')) reportReplaced(text, octets, report)
  reportCharacters(text, report)
  return {ok: true, text}
}

function isUtf16(octets: Buffer): boolean {
  const [a, b] = octets
  return (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)
}

/** U+FFFD may be in the file itself; then its octets are there. */
function reportReplaced(text: string, octets: Buffer, report: Report): void {
  if (isValidUtf8(octets)) return
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const column = line.indexOf('\ufffd') + 1
    if (column === 0) continue
    const isComment = /^\s*[#;]/.test(line)
    report(isComment ? 'notUtf8Comment' : 'notUtf8', {line: index + 1, column, length: 1}, {})
  }
}

function isValidUtf8(octets: Buffer): boolean {
  try {
    new TextDecoder('utf-8', {fatal: true}).decode(octets)
    return true
  } catch {
    return false
  }
}

function reportCharacters(text: string, report: Report): void {
  if (text.includes('\0')) {
    for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
      const column = line.indexOf('\0') + 1
      if (column > 0) report('nul', {line: index + 1, column, length: 1}, {})
    }
  }
  const ends = text.match(/\r\n|\r|\n/g) ?? []
  const others = ends.filter((end) => end !== ends[0]).length
  if (others === 0) return
  const lineWithOther = ends.findIndex((end) => end !== ends[0]) + 1
  report('mixedLineEnds', {line: lineWithOther, column: 1}, {lines: others})
}
