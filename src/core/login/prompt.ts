import type {FactorMap} from './second-factor.ts'

/** A Reply-Message holds this many octets (RFC 2865 5, 5.18). */
export const MAX_MESSAGE_OCTETS = 253

/** `passcode` offers nothing else: the modes that choose a factor themselves ask for no more. */
export type PromptFormat = 'console' | 'html' | 'short' | 'passcode'
export type PromptOverflow = 'short' | 'split'

/** A packet holds 4096 octets, Proxy-States and State among them: a prompt of more pieces than this is shortened. */
const MAX_PIECES = 12

const PASSCODE = 'Enter passcode:'
const SHORTEST = 'Choose a secondary factor or enter passcode:'

/** The prompt as Reply-Messages that each fit 253 octets (compatibility: prompt; decisions: octets, overflow). */
export function promptMessages(
  prompt: string,
  factors: FactorMap,
  format: PromptFormat,
  overflow: PromptOverflow,
): readonly string[] {
  const text = formatted(prompt, factors, format)
  const pieces = splitMessage(text)
  if (pieces.length === 1 && text.trim() !== '') return pieces
  if (pieces.length > 1 && pieces.length <= MAX_PIECES && overflow === 'split' && format !== 'short') return pieces
  const short = shortPrompt(factors)
  return [octets(short) <= MAX_MESSAGE_OCTETS ? short : SHORTEST]
}

/** "Choose a secondary factor from ('push1', 'phone1') or enter passcode:", ordered by key as text, as users know it. */
export function shortPrompt(factors: FactorMap): string {
  const keys = [...factors.keys()].filter((key) => key !== 'default').sort()
  if (keys.length === 0) return PASSCODE
  return `Choose a secondary factor from (${keys.map((key) => `'${factors.get(key)}'`).join(', ')}) or enter passcode:`
}

/** One Reply-Message that is sure to fit: whole, or its link alone, or cut between characters. */
export function fitMessage(text: string, maxOctets = MAX_MESSAGE_OCTETS): string {
  if (octets(text) <= maxOctets) return text
  const link = /https:\/\/\S*[^\s.,;:!?)\]}>'"]/.exec(text)?.[0]
  if (link !== undefined) {
    const sentence = `Please continue at ${link}`
    if (octets(sentence) <= maxOctets) return sentence
    if (octets(link) <= maxOctets) return link
  }
  return splitMessage(text, maxOctets)[0] ?? ''
}

/** The text in pieces of at most `maxOctets`, cut after a line where there is one, never inside a character. */
export function splitMessage(text: string, maxOctets = MAX_MESSAGE_OCTETS): string[] {
  if (octets(text) <= maxOctets) return [text]
  const pieces: string[] = []
  let rest = Buffer.from(text, 'utf8')
  while (rest.length > maxOctets) {
    let end = maxOctets
    while (end > 0 && ((rest[end] ?? 0) & 0xc0) === 0x80) end--
    const line = rest.lastIndexOf(0x0a, end - 1)
    if (line > 0) end = line + 1
    pieces.push(rest.toString('utf8', 0, end))
    rest = rest.subarray(end)
  }
  pieces.push(rest.toString('utf8'))
  return pieces
}

function formatted(prompt: string, factors: FactorMap, format: PromptFormat): string {
  if (format === 'passcode') return PASSCODE
  if (format === 'short') return shortPrompt(factors)
  if (format === 'console') return prompt
  return prompt
    .split('\n')
    .map((line) => escapeXml(line.trim()))
    .join('<br>')
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function octets(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}
