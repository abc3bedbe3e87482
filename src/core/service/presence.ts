import {Fault} from '../fault.ts'
import type {Log} from '../log/log.ts'
import type {World} from '../world.ts'
import {isListening} from './control-client.ts'
import {type ControlHandlers, listenForControl} from './control-server.ts'
import type {Layout} from './layout.ts'
import {removePidFile, writePidFile} from './pid-file.ts'

/**
 * How others find the running process: control socket and pid file. A folder that cannot be written is a warning, since
 * logins do not need it; another process in that place is a Fault.
 */
export async function openPresence(
  world: World,
  {layout, processId}: {readonly layout: Layout; readonly processId: number},
  handlers: ControlHandlers,
  log: Log,
): Promise<{readonly close: () => Promise<void>}> {
  const control = await listenForControl(world, layout.controlPath, handlers).catch(async (error: unknown) => {
    if (!(error instanceof Fault) || (await isListening(layout.controlPath))) throw error
    log.emit('control.unavailable', {path: layout.controlPath, error: error.message})
    return undefined
  })
  await writePidFile(layout.pidFile, processId).catch((error: unknown) => {
    log.emit('pid-file.unavailable', {path: layout.pidFile, error: error instanceof Error ? error.message : `${error}`})
  })
  return {
    close: async () => {
      await control?.close()
      await removePidFile(layout.pidFile, processId)
    },
  }
}
