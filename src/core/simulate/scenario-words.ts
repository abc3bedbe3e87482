/** One word of a scenario line. A quoted one may hold any octets, so `octets` is what counts for names and passwords. */
export type Word = {readonly text: string; readonly octets: Buffer; readonly quoted: boolean; readonly column: number}

export type Words =
  | {readonly ok: true; readonly words: readonly Word[]}
  | {readonly ok: false; readonly column: number; readonly message: string}

const escapes: {readonly [letter: string]: string} = {n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\'}

/**
 * Splits a line at blanks. `"..."` is one word and may hold \n \t \r \" \\ and \xHH (one octet); a `#` after a blank
 * begins a comment; `=` is a word of its own unless quoted. Columns count from 1.
 */
export function splitWords(line: string): Words {
  const words: Word[] = []
  let at = 0
  while (at < line.length) {
    const character = line[at]
    if (character === ' ' || character === '\t') {
      at++
    } else if (character === '#') {
      break
    } else if (character === '"') {
      const quoted = quotedWord(line, at)
      if (!quoted.ok) return quoted
      words.push(quoted.word)
      at = quoted.end
    } else {
      const end = wordEnd(line, at)
      const text = line.slice(at, end)
      words.push({text, octets: Buffer.from(text, 'utf8'), quoted: false, column: at + 1})
      at = end
    }
  }
  return {ok: true, words}
}

function wordEnd(line: string, start: number): number {
  if (line[start] === '=') return start + 1
  let at = start
  while (at < line.length && !' \t="'.includes(line[at] ?? '')) at++
  return at
}

type Quoted = {ok: true; word: Word; end: number} | {ok: false; column: number; message: string}

function quotedWord(line: string, start: number): Quoted {
  const parts: Buffer[] = []
  let at = start + 1
  for (;;) {
    const character = line.codePointAt(at)
    if (character === undefined) return {ok: false, column: start + 1, message: 'the quotation mark is not closed'}
    const letter = String.fromCodePoint(character)
    if (letter === '"') break
    if (letter !== '\\') {
      parts.push(Buffer.from(letter, 'utf8'))
      at += letter.length
      continue
    }
    const octet = /^x([0-9a-fA-F]{2})/.exec(line.slice(at + 1, at + 4))?.[1]
    const plain = escapes[line[at + 1] ?? '']
    if (octet !== undefined) parts.push(Buffer.from(octet, 'hex'))
    else if (plain !== undefined) parts.push(Buffer.from(plain, 'utf8'))
    else
      return {
        ok: false,
        column: at + 1,
        message: `unknown escape "\\${line[at + 1] ?? ''}" (known: \\n \\t \\r \\" \\\\ \\xHH)`,
      }
    at += octet === undefined ? 2 : 4
  }
  const octets = Buffer.concat(parts)
  return {ok: true, word: {text: octets.toString('utf8'), octets, quoted: true, column: start + 1}, end: at + 1}
}
