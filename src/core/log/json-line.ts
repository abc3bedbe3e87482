/** What JSON leaves as it is and a terminal obeys: C1 controls, line separators, marks that turn the direction of text. */
const unseen = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** One line of JSON without control characters. A value that JSON does not know becomes text; a log line never throws. */
export function jsonLine(value: unknown): string {
  try {
    return withoutUnseen(
      JSON.stringify(value, (_key, item: unknown) => {
        if (typeof item === 'bigint') return `${item}`
        if (item instanceof Error) return item.message
        return item
      }),
    )
  } catch (error) {
    return JSON.stringify({message: 'this event could not be written as JSON', error: `${error}`})
  }
}

type Known = string | number | null | undefined

/** The same of values that JSON knows: no look at each, a third of the time (docs/decisions/0070-cost-of-a-login.md). */
export function jsonLineOfKnown(value: {readonly [key: string]: Known | {readonly [key: string]: Known}}): string {
  return withoutUnseen(JSON.stringify(value))
}

function withoutUnseen(line: string): string {
  return line.replace(unseen, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
