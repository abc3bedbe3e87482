import {spawnSync} from 'node:child_process'
import {cpus} from 'node:os'
import {endedChildrenCpuMs} from './proxy.ts'

const STARTS = 4

/** A core that one process has for itself. */
export type OwnCore = {
  /**
   * CPU that the start of a bare Node takes on it, in milliseconds. On a virtual machine others slow a core for seconds or
   * minutes, which small loops do not notice, but what runs through as much code as a start of Node, or a login, does.
   */
  readonly bareNodeMs: () => number
  /** Lets this process go where it likes again. */
  readonly release: () => void
}

/**
 * Gives a process the first core and all others the rest of them, as if they ran on machines of their own: what one leaves
 * in a core's caches does not slow the other. Threads that are there are moved, later ones follow.
 * Undefined where there is one core only, or no taskset (util-linux).
 */
export function giveOwnCore(pid: number, others: readonly number[]): OwnCore | undefined {
  const last = cpus().length - 1
  if (last < 1 || !move('0', pid)) return undefined
  for (const other of [process.pid, ...others]) move(`1-${last}`, other)
  return {
    bareNodeMs() {
      const before = endedChildrenCpuMs()
      for (let start = 0; start < STARTS; start++) spawnSync('taskset', ['-c', '0', process.execPath, '-e', '0'])
      return (endedChildrenCpuMs() - before) / STARTS
    },
    release() {
      move(`0-${last}`, process.pid)
    },
  }
}

function move(cores: string, pid: number): boolean {
  return spawnSync('taskset', ['-apc', cores, `${pid}`]).status === 0
}
