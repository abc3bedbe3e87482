/** What JSON leaves as it is and a terminal obeys: C1 controls, line separators, marks that turn the direction of text. */
const unseen = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** One line of JSON without control characters. A value that JSON does not know becomes text; a log line never throws. */
export function jsonLine(value: unknown): string {
  try {
    const line = JSON.stringify(value, (_key, item: unknown) => {
      if (typeof item === 'bigint') return `${item}`
      if (item instanceof Error) return item.message
      return item
    })
    return line.replace(unseen, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  } catch (error) {
    return JSON.stringify({message: 'this event could not be written as JSON', error: `${error}`})
  }
}
