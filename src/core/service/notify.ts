import {execFile} from 'node:child_process'
import type {Cancel, World} from '../world.ts'

/** What systemd is told of the service (sd_notify(3)); without systemd every call does nothing. */
export type Notifier = {
  readonly ready: (status: string) => Promise<void>
  readonly status: (status: string) => Promise<void>
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
  /** Asked before each message of the watchdog: a process that cannot serve any more lets itself be restarted. */
  readonly isAlive: () => boolean
  /** Sends the assignments; given by tests. */
  readonly send?: (assignments: readonly string[]) => Promise<void>
}

/**
 * Node has no datagram sockets of the local kind, so systemd-notify speaks for it: the unit needs NotifyAccess=all.
 * A message that cannot be sent is no reason to fail.
 */
export function createNotifier(options: NotifyOptions): Notifier {
  const {world, environment, isAlive} = options
  if (environment.NOTIFY_SOCKET === undefined) return silentNotifier
  const send = options.send ?? sendThroughSystemdNotify
  const pid = `MAINPID=${options.processId}`
  const watchdogMs = watchdogPeriodMs(environment, options.processId)
  let cancel: Cancel | undefined

  function keepAlive(periodMs: number): void {
    cancel = world.after(periodMs, () => {
      if (isAlive()) void send(['WATCHDOG=1'])
      keepAlive(periodMs)
    })
  }

  return {
    ready: async (status) => {
      await send(['READY=1', pid, statusAssignment(status)])
      if (watchdogMs !== undefined && cancel === undefined) keepAlive(watchdogMs / 2)
    },
    status: (status) => send([statusAssignment(status)]),
    reloading: () => send(['RELOADING=1']),
    stopping: () => send(['STOPPING=1']),
    close: () => cancel?.(),
  }
}

const silentNotifier: Notifier = {
  ready: async () => {},
  status: async () => {},
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

/** A line feed would begin the next assignment. */
function statusAssignment(status: string): string {
  return `STATUS=${status.replaceAll('\n', ' ')}`
}

const SEND_MS = 5000

function sendThroughSystemdNotify(assignments: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    execFile('systemd-notify', [...assignments], {timeout: SEND_MS}, () => resolve())
  })
}
