import {failed, ok, type ProbeResult, warning} from './probe.ts'

/**
 * Releases of Node.js with security fixes. Those that end in .0 are marked so in the package node-releases (2.0.65), which
 * knows no others; the others are patch releases that every line got on the same day, which is how the project publishes
 * such fixes. See https://nodejs.org/en/blog/vulnerability when this list is brought up to date.
 */
export const nodeReleases = {
  listed: '2026-11-24',
  lines: [
    {major: 24, endOfLife: '2028-04-30', fixes: ['24.14.1', '24.17.0', '24.18.1']},
    {major: 26, endOfLife: '2029-04-30', fixes: ['26.3.1', '26.5.1']},
  ],
} as const

const DAY_MS = 86_400_000
/** Node has some four such days a year: a list older than this misses one. */
const LIST_GOOD_DAYS = 120

/** Whether this Node.js lacks a fix we know of, or is too old to get any. */
export function judgeNode(version: string, nowMs: number): ProbeResult {
  const major = Number(version.split('.')[0])
  const line = nodeReleases.lines.find((each) => each.major === major)
  if (line === undefined) {
    return warning(
      `Node.js ${version} is of a line this release knows nothing of`,
      'use Node.js 26 or 24, in their newest release',
    )
  }
  if (nowMs > Date.parse(line.endOfLife)) {
    return failed(`Node.js ${version} gets no fixes since ${line.endOfLife}`, 'install the newest long-term release')
  }
  const missing = line.fixes.filter((fix) => isOlder(version, fix))
  const newest = missing.at(-1)
  if (newest !== undefined) {
    return warning(
      `Node.js ${version} lacks the security fixes of ${missing.join(', ')}`,
      `install Node.js ${newest} or later of its line, and restart the proxy`,
    )
  }
  const isStale = nowMs - Date.parse(nodeReleases.listed) > LIST_GOOD_DAYS * DAY_MS
  const seen = `Node.js ${version} has every security fix listed on ${nodeReleases.listed}`
  if (!isStale) return ok(seen)
  return warning(`${seen}, which is a while ago`, 'see https://nodejs.org/en/blog/vulnerability, and update authproxy')
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number))
  for (let at = 0; at < 3; at++) {
    const difference = (a?.[at] ?? 0) - (b?.[at] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
