import {readFileSync} from 'node:fs'
import {cpus, loadavg, release, totalmem} from 'node:os'

/** One line about the machine; the load says whether it had other work. */
export function machine(): string {
  const gib = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${gib} GiB, ${process.platform} ${release()}, Node ${process.version}, V8 ${process.versions.v8}`
}

export function load(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(' ')
}

/** The most a socket may ask for, which decides what a burst may have. */
export function receiveBufferLimit(): string {
  try {
    return `net.core.rmem_max = ${readFileSync('/proc/sys/net/core/rmem_max', 'latin1').trim()}`
  } catch {
    return 'net.core.rmem_max is not known'
  }
}

/** Median and spread, as every figure is shown. */
export function spread(values: readonly number[], digits = 2): string {
  const sorted = [...values].sort((a, b) => a - b)
  const [low = 0, median = 0, high = 0] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)]
  return `${median.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`
}

export function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}
