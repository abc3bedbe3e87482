import type {Log} from '../log/log.ts'
import type {World} from '../world.ts'

/** Break-glass: for a time, sections that let people in while Duo is away do so without asking it. */
export type PrimaryOnly = {readonly isOn: () => boolean; readonly end: () => void}

/**
 * Ends by itself, and is never on again without a new start. Undefined: it never was on.
 * @param onEnd called once, when it is over.
 */
export function openPrimaryOnly(
  ms: number | undefined,
  log: Log,
  world: World,
  onEnd: () => void = () => {},
): PrimaryOnly {
  if (ms === undefined) return {isOn: () => false, end: () => {}}
  let on = true
  const end = () => {
    if (!on) return
    on = false
    cancel()
    log.emit('proxy.primary-only.ended', {})
    onEnd()
  }
  const cancel = world.after(ms, end)
  log.emit('proxy.primary-only.began', {minutes: Math.round(ms / 60_000)})
  return {isOn: () => on, end}
}
