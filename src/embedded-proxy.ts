import {join} from 'node:path'
import {configContext} from './config-context.ts'
import {formatDiagnostic} from './core/config/diagnostic.ts'
import {loadConfigText} from './core/config/load.ts'
import {createEngine} from './core/engine.ts'
import {Fault} from './core/fault.ts'
import {createLog} from './core/log/log.ts'
import {openPrimaryOnly} from './core/service/primary-only.ts'
import type {StartProxy} from './core/simulate/stack.ts'

/** The real proxy, for the simulators to stand around: the same rooms that `serve` puts together. */
export const startProxy: StartProxy = async ({text, folder, listens, primaryOnlyMs}, world, sink) => {
  const path = join(folder, 'authproxy.cfg')
  const {config, diagnostics} = loadConfigText(Buffer.from(text, 'utf8'), path, await configContext(path))
  if (config === undefined) {
    const errors = diagnostics.filter(({severity}) => severity === 'error')
    throw new Fault('config-invalid', errors.map(formatDiagnostic).join('\n'))
  }
  const log = createLog(world, [sink], {debug: config.main.debug})
  const primaryOnly = openPrimaryOnly(primaryOnlyMs, log, world)
  const engine = await createEngine({
    config,
    version: 'simulated',
    stateDir: join(folder, 'state'),
    log,
    world,
    primaryOnly: primaryOnly.isOn,
  })
  if (listens) await engine.start()
  return {
    receive: (datagram, from, reply) => engine.receive(datagram, from, reply),
    stop: async () => {
      primaryOnly.end()
      await engine.stop()
    },
  }
}
