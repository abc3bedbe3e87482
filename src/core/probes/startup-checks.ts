import type {Config} from '../config/schema.ts'
import type {Log} from '../log/log.ts'
import type {ProbeContext} from './probe-context.ts'
import {probesFor} from './probes-for.ts'
import {startProbes} from './run-probes.ts'

/** `[main] test_connectivity_on_startup`: the checks run beside the logins and are logged; nothing waits for them. */
export async function runStartupChecks(
  config: Config,
  context: ProbeContext,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const {world, timeoutMs} = context
  const list = probesFor(config, context)
  const running = startProbes(list.probes, {
    world,
    timeoutMs,
    signal,
    onEnd: ({status, section, target, check, detail, hint}) => {
      if (signal.aborted) return
      const probed = {section, target, check, detail}
      if (status === 'ok' || status === 'skipped') log.emit(`probe.${status}`, probed)
      else log.emit(`probe.${status}`, {...probed, hint})
    },
  })
  await running.all
  await list.close()
}
