import type {Probe} from './probe.ts'

/** The probes of a configuration, and what they share, which `close` ends. */
export type ProbeList = {
  readonly probes: readonly Probe[]
  readonly close: () => Promise<void>
}

/** Collects probes; each `add` gives the id that later ones may need. */
export type ProbeCollector = {
  readonly add: (probe: Omit<Probe, 'id' | 'needs'> & {readonly needs?: readonly (string | undefined)[]}) => string
  /** Called once all probes have ended. */
  readonly onClose: (close: () => Promise<void> | void) => void
}

export function collectProbes(fill: (collector: ProbeCollector) => void): ProbeList {
  const probes: Probe[] = []
  const closers: (() => Promise<void> | void)[] = []
  fill({
    add({needs = [], ...probe}) {
      const id = `${probe.section} ${probe.target} ${probe.check}`
      probes.push({...probe, id, needs: needs.filter((need) => need !== undefined)})
      return id
    },
    onClose: (close) => closers.push(close),
  })
  return {
    probes,
    async close() {
      for (const close of closers) await close()
    },
  }
}
