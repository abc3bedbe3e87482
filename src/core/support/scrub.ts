const MASK = '*****'
/** A shorter text stands everywhere by chance, and guards nothing. */
const SHORTEST = 4

/**
 * Takes known secrets out of a text, wherever they stand and also as JSON writes them: the last net below logs and
 * settings that hold none.
 */
export function createScrubber(secrets: Iterable<string>): (text: string) => string {
  const forms = new Set<string>()
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue
    forms.add(secret)
    forms.add(JSON.stringify(secret).slice(1, -1))
  }
  // The longest first: one secret may begin with another.
  const ordered = [...forms].sort((a, b) => b.length - a.length)
  return (text) => ordered.reduce((scrubbed, secret) => scrubbed.replaceAll(secret, MASK), text)
}
