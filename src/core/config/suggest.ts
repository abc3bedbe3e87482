import {distance} from 'fastest-levenshtein'

/** The candidate that a mistyped word most likely means, when one is near enough. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(1, Math.min(3, Math.floor(word.length / 4)))
  for (const candidate of candidates) {
    // Longer differences cannot come out near, and comparing them costs time in large files.
    if (Math.abs(candidate.length - word.length) > bestDistance) continue
    const far = distance(word, candidate.toLowerCase())
    if (far < bestDistance || (far === bestDistance && best === undefined)) {
      best = candidate
      bestDistance = far
    }
  }
  return best
}
