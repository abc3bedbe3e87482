import type {TestContext} from 'node:test'
import type {Check} from '../../../src/core/probes/probe.ts'

/** One thing that is wrong in the world, built for real, and what `connectivity` must say of it. */
export type BrokenWorld = {
  /** What is wrong, as the heading of docs/troubleshooting.md. */
  readonly broken: string
  readonly check: string
  readonly status: 'failed' | 'warning' | 'skipped'
  /** The whole sentence; `<words>` stand for what differs from machine to machine. */
  readonly says: string
  /** The next step it must name; empty for a check that was not run. */
  readonly next: string
  /** Builds the world and runs the checks in it; undefined when the test was skipped, with its reason. */
  readonly checks: (t: TestContext) => Promise<readonly Check[] | undefined>
}

/** A sentence of the table as a pattern for the whole of what was said. */
export function patternOf(sentence: string): RegExp {
  const parts = sentence.split(/(<[^>]+>)/)
  const escaped = parts.map((part) => (/^<[^>]+>$/.test(part) ? '.+' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')))
  return new RegExp(`^${escaped.join('')}$`, 's')
}
