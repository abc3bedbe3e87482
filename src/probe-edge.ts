import type {Config} from './core/config/schema.ts'
import {createLog} from './core/log/log.ts'
import type {ProbeContext} from './core/probes/probe-context.ts'
import {lookupWithSystem} from './core/radius/client-names.ts'
import {askControl} from './core/service/control-client.ts'
import {readStatus} from './core/service/control-protocol.ts'
import {type Layout, layoutOf} from './core/service/layout.ts'
import {realWorld} from './core/world.ts'
import {thisMachine} from './this-machine.ts'

const STATUS_MS = 3000

export type ProbeWishes = {
  readonly version: string
  readonly timeoutMs: number
  readonly user: string | undefined
  readonly radiusUser: string | undefined
}

/** This machine as probes need it, and the folders of the configuration. */
export function probeContext(config: Config, wishes: ProbeWishes): ProbeContext {
  const layout = layoutOf(config.path, process.platform)
  let asked: ReturnType<ProbeContext['ownService']> | undefined
  return {
    ...wishes,
    world: realWorld,
    // What the rooms log while they are tried out, the checks say better.
    log: createLog(realWorld, [], {debug: false}),
    lookup: lookupWithSystem,
    machine: thisMachine(),
    logDirectory: config.main.log_dir ?? layout.logDirectory,
    stateDirectory: config.main.state_dir ?? layout.stateDirectory,
    ownService: () => {
      asked ??= askOwnService(layout)
      return asked
    },
  }
}

async function askOwnService({controlPath}: Layout) {
  const reply = await askControl(realWorld, controlPath, {command: 'status'}, STATUS_MS)
  if (reply.kind === 'not-allowed') return reply.kind
  return reply.kind === 'answer' ? readStatus(reply.result) : undefined
}
