/** One line of JSON. A value that JSON does not know becomes text; a log line never throws. */
export function jsonLine(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, item: unknown) => {
      if (typeof item === 'bigint') return `${item}`
      if (item instanceof Error) return item.message
      return item
    })
  } catch (error) {
    return JSON.stringify({message: 'this event could not be written as JSON', error: `${error}`})
  }
}
