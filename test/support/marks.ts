import {createHash} from 'node:crypto'
import {ntHash} from '../../src/core/ntlm/hashes.ts'

/** A secret that stands for one option or one part of a packet, so that a trace of it says where it came from. */
export type Mark = {readonly name: string; readonly text: string}

/** Forty letters and digits, which every kind of secret may be; the same for the same name. */
export function markOf(name: string): Mark {
  return {name, text: createHash('sha256').update(`test-secret-not-real ${name}`).digest('hex').slice(0, 40)}
}

/** A mark of digits, as passcodes are. */
export function digitsOf(name: string): Mark {
  const digits = BigInt(`0x${createHash('sha256').update(name).digest('hex')}`).toString()
  return {name, text: digits.slice(0, 10)}
}

/** "name as spelling" of the first mark that a text holds in some spelling; undefined when there is none. */
export function traceOf(marks: readonly Mark[], text: string): string | undefined {
  const lower = text.toLowerCase()
  for (const mark of marks) {
    for (const [spelling, {exact, anyCase}] of spellingsOf(mark)) {
      const isThere = exact.some((part) => text.includes(part)) || anyCase.some((part) => lower.includes(part))
      if (isThere) return `${mark.name} as ${spelling}`
    }
  }
  return undefined
}

type Spelling = {readonly exact: readonly string[]; readonly anyCase: readonly string[]}

const spellings = new Map<string, ReadonlyMap<string, Spelling>>()

function spellingsOf({text}: Mark): ReadonlyMap<string, Spelling> {
  const known = spellings.get(text)
  if (known !== undefined) return known
  const octets = Buffer.from(text, 'utf8')
  const wide = Buffer.from(text, 'utf16le')
  const made = new Map([
    ['text', {exact: [text], anyCase: []}],
    ['UTF-16', {exact: [wide.toString('latin1')], anyCase: []}],
    ['hexadecimal', {exact: [], anyCase: [...hexadecimal(octets), ...hexadecimal(wide)]}],
    ['base64', {exact: [...base64(octets), ...base64(wide)], anyCase: []}],
    ['URL encoding', {exact: [encodeURIComponent(text)], anyCase: [octets.toString('hex').replaceAll(/../g, '%$&')]}],
    ['JSON escapes', {exact: [JSON.stringify(text).slice(1, -1)], anyCase: []}],
    // Whoever has it needs no password to log in with NTLM or MS-CHAPv2.
    ['NT hash', {exact: base64(ntHash(text)), anyCase: hexadecimal(ntHash(text))}],
  ])
  spellings.set(text, made)
  return made
}

function hexadecimal(octets: Buffer): string[] {
  return ['', ' ', ':', ', '].map((between) => (octets.toString('hex').match(/../g) ?? []).join(between))
}

/** As it stands inside longer base64, wherever it begins there, in both alphabets. */
function base64(octets: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), octets])
      .toString('base64')
      .replace(/=+$/, '')
    // The characters at both ends hold bits of their neighbours.
    const inner = encoded.slice(Math.ceil((before * 8) / 6), -1)
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
}
