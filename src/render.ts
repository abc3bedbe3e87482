import {Chalk, type ChalkInstance} from 'chalk'

/** Colours for a stream: none when it is no terminal, with --no-color, or with NO_COLOR (no-color.org). */
export function painter(stream: {readonly isTTY?: boolean}, noColor: boolean): ChalkInstance {
  const {NO_COLOR: plain = '', FORCE_COLOR: forced = ''} = process.env
  const colours = !noColor && plain === '' && (stream.isTTY === true || (forced !== '' && forced !== '0'))
  return new Chalk({level: colours ? 1 : 0})
}

/** What came from the network, fit for a terminal: control characters, which could move the cursor, become escapes. */
export function safeLines(text: string): string[] {
  return text.split(/\r?\n/).map((line) => line.replace(/\p{C}/gu, escaped))
}

function escaped(character: string): string {
  return `\\x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`
}

/** "12 ms", "3.4 s", "2 min 5 s". */
export function duration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(2)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}
