import type {Config} from '../config/schema.ts'
import {isServedServer} from '../engine/served-sections.ts'
import {Fault} from '../fault.ts'
import {addDirectoryProbes} from './directory.ts'
import {addDuoProbes} from './duo.ts'
import {addListenerProbes} from './listeners.ts'
import {addCertificateProbe, addMainProbes} from './main.ts'
import type {ProbeContext} from './probe-context.ts'
import {collectProbes, type ProbeList} from './probe-list.ts'
import {addRadiusProbes} from './radius.ts'

/**
 * Everything a configuration depends on, as probes: each stands behind those it needs. `only` keeps one section.
 * Throws a `Fault` when there is no such section. Nothing is opened before a probe runs.
 */
export function probesFor(config: Config, context: ProbeContext, only?: string): ProbeList {
  const names = ['main', ...config.sections.map(({name}) => name)]
  if (only !== undefined && !names.includes(only)) {
    throw new Fault('usage', `there is no section [${only}]`, {hint: `the file has ${names.join(', ')}`})
  }
  return collectProbes((collector) => {
    const sections = config.sections.filter(({name}) => only === undefined || name === only)
    if (only === undefined || only === 'main') addMainProbes(config, collector, context)
    for (const section of sections) {
      if (section.kind === 'ad_client') addDirectoryProbes(section, collector, context)
      if (section.kind === 'radius_client') addRadiusProbes(section, collector, context)
      if (isServedServer(section)) addDuoProbes(section, collector, context)
      addCertificateProbe(section, collector, context)
    }
    addListenerProbes(sections, collector, context)
  })
}
