import {execFile} from 'node:child_process'
import type {Cancel, World} from '../world.ts'

/** What systemd is told of the service (sd_notify(3)); without systemd every call does nothing. */
export type Notifier = {
  readonly ready: () => Promise<void>
  readonly reloading: () => Promise<void>
  readonly stopping: () => Promise<void>
  /** Ends the watchdog's messages. */
  readonly close: () => void
}

export type NotifyOptions = {
  readonly world: World
  /** NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are read. */
  readonly environment: {readonly [name: string]: string | undefined}
  readonly processId: number
  /**
   * What `systemctl status` shows; told with each message of the watchdog too. READY=1 cannot be taken back, so that this is
   * where a service that runs says that logins cannot work.
   */
  readonly status: () => string | Promise<string>
  /** Sends the assignments; given by tests. */
  readonly send?: (assignments: readonly string[]) => Promise<void>
}

/**
 * Node has no datagram sockets of the local kind, so systemd-notify speaks for it: the unit needs NotifyAccess=all.
 * A message that cannot be sent is no reason to fail.
 */
export function createNotifier(options: NotifyOptions): Notifier {
  const {world, environment} = options
  if (environment.NOTIFY_SOCKET === undefined) return silentNotifier
  const send = options.send ?? sendThroughSystemdNotify
  const pid = `MAINPID=${options.processId}`
  const watchdogMs = watchdogPeriodMs(environment, options.processId)
  let cancel: Cancel | undefined
  // A line feed would begin the next assignment.
  const statusNow = async () => `STATUS=${(await options.status()).replaceAll('\n', ' ')}`

  function keepAlive(periodMs: number): void {
    cancel = world.after(periodMs, () => {
      void statusNow().then((status) => send(['WATCHDOG=1', status]))
      keepAlive(periodMs)
    })
  }

  return {
    ready: async () => {
      await send(['READY=1', pid, await statusNow()])
      if (watchdogMs !== undefined && cancel === undefined) keepAlive(watchdogMs / 2)
    },
    reloading: () => send(['RELOADING=1']),
    stopping: () => send(['STOPPING=1']),
    close: () => cancel?.(),
  }
}

const silentNotifier: Notifier = {
  ready: async () => {},
  reloading: async () => {},
  stopping: async () => {},
  close: () => {},
}

/** systemd sets the variables for one process; a child that inherits them is not meant (sd_watchdog_enabled(3)). */
function watchdogPeriodMs(environment: NotifyOptions['environment'], processId: number): number | undefined {
  const {WATCHDOG_USEC, WATCHDOG_PID} = environment
  if (WATCHDOG_USEC === undefined || !/^[1-9]\d*$/.test(WATCHDOG_USEC)) return undefined
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== `${processId}`) return undefined
  return Number(WATCHDOG_USEC) / 1000
}

const SEND_MS = 5000

function sendThroughSystemdNotify(assignments: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    execFile('systemd-notify', [...assignments], {timeout: SEND_MS}, () => resolve())
  })
}
