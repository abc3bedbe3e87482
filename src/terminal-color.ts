/** Whether standard output is a terminal that wants colour. */
export function wantsColor(argv: readonly string[]): boolean {
  const refused = process.env.NO_COLOR !== undefined && process.env.NO_COLOR !== ''
  return process.stdout.isTTY && !refused && !argv.includes('--no-color')
}
