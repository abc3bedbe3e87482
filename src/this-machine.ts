import {createMachine, type Machine} from './core/probes/machine.ts'

/** The operating system under this process, as the checks ask it. */
export function thisMachine(): Machine {
  return createMachine({
    platform: process.platform,
    nodeVersion: process.versions.node,
    userId: process.getuid?.(),
  })
}
