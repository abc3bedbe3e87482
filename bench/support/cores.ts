import {spawnSync} from 'node:child_process'
import {cpus} from 'node:os'

/**
 * Gives a process the first core and all others the rest of them, as if they ran on machines of their own: what one leaves
 * in a core's caches does not slow the other. Threads that are there are moved, later ones follow.
 * @returns undefined where there is one core only, or no taskset (util-linux); else what lets this process go where it likes again.
 */
export function giveOwnCore(pid: number, others: readonly number[]): (() => void) | undefined {
  const last = cpus().length - 1
  if (last < 1) return undefined
  const move = (cores: string, moved: number) => spawnSync('taskset', ['-apc', cores, `${moved}`]).status === 0
  const done = [move('0', pid), ...[process.pid, ...others].map((other) => move(`1-${last}`, other))]
  const release = () => {
    move(`0-${last}`, process.pid)
  }
  if (done.every(Boolean)) return release
  release()
  return undefined
}
