import {pause, type World} from '../world.ts'
import type {CommandResult} from './apply-plan.ts'
import {askControl} from './control-client.ts'
import {type ProxyStatus, type ReloadResult, readReloadResult, readStatus} from './control-protocol.ts'
import type {Layout} from './layout.ts'
import {readPidFile} from './pid-file.ts'
import type {Command} from './plan.ts'
import type {Supervisor} from './supervisor.ts'

/** The process and the machine as the controls need them. */
export type ControlEdge = {
  readonly world: World
  readonly layout: Layout
  readonly supervisor: Supervisor | undefined
  readonly run: (command: Command) => Promise<CommandResult>
  readonly isAlive: (pid: number) => boolean
  readonly terminate: (pid: number) => void
  /** Starts `serve` in the background; `ended` gives what it wrote to standard error if it ends. */
  readonly startServe: () => {readonly ended: Promise<string>}
}

/** The exit codes of the original's control program. */
export type ServiceStatus =
  | {readonly kind: 'running'; readonly exitCode: 0; readonly pid: number; readonly detail: ProxyStatus | undefined}
  /** A pid file without its process. */
  | {readonly kind: 'stale'; readonly exitCode: 1; readonly pid: number}
  | {readonly kind: 'stopped'; readonly exitCode: 3}
  | {readonly kind: 'unknown'; readonly exitCode: 4; readonly reason: string}

export type ControlOutcome = {readonly exitCode: 0 | 1 | 3 | 4; readonly message: string; readonly hint?: string}

const STATUS_MS = 5000
/** Reading, checking and swapping a configuration, with DNS behind it. */
const RELOAD_MS = 60_000
const START_MS = 30_000
/** The drain of 70 s and its margin. */
const STOP_MS = 85_000
const LOOK_EVERY_MS = 100

export async function serviceStatus(edge: ControlEdge): Promise<ServiceStatus> {
  const reply = await askControl(edge.world, edge.layout.controlPath, {command: 'status'}, STATUS_MS)
  if (reply.kind === 'answer') {
    const detail = readStatus(reply.result)
    if (detail !== undefined) return {kind: 'running', exitCode: 0, pid: detail.pid, detail}
    return {kind: 'unknown', exitCode: 4, reason: 'another version of the program is running; restart it'}
  }
  if (reply.kind === 'not-allowed') {
    return {kind: 'unknown', exitCode: 4, reason: "only root and the service's user may ask; use sudo"}
  }
  const file = await readPidFile(edge.layout.pidFile, edge.isAlive)
  switch (file.kind) {
    case 'running':
      return {kind: 'running', exitCode: 0, pid: file.pid, detail: undefined}
    case 'stale':
      return {kind: 'stale', exitCode: 1, pid: file.pid}
    case 'stopped':
      return {kind: 'stopped', exitCode: 3}
    case 'unknown':
      return {kind: 'unknown', exitCode: 4, reason: file.reason}
  }
}

export async function startService(edge: ControlEdge): Promise<ControlOutcome> {
  const before = await serviceStatus(edge)
  if (before.kind === 'running') return {exitCode: 0, message: `authproxy (pid ${before.pid}) is running already`}
  if (edge.supervisor !== undefined) {
    const asked = await askSupervisor(edge, edge.supervisor, edge.supervisor.start)
    // systemd has waited for the service to be ready; the others have only begun.
    return (
      asked ?? (edge.supervisor.name === 'systemd' ? {exitCode: 0, message: 'authproxy is started'} : untilReady(edge))
    )
  }
  return untilReady(edge, edge.startServe().ended)
}

export async function stopService(edge: ControlEdge): Promise<ControlOutcome> {
  if (edge.supervisor !== undefined) {
    const asked = await askSupervisor(edge, edge.supervisor, edge.supervisor.stop)
    if (asked !== undefined || edge.supervisor.name === 'systemd') {
      return asked ?? {exitCode: 0, message: 'authproxy is stopped'}
    }
    return untilStopped(edge)
  }
  const before = await serviceStatus(edge)
  if (before.kind === 'unknown') return {exitCode: 4, message: `status unknown: ${before.reason}`}
  if (before.kind !== 'running') return {exitCode: 0, message: 'authproxy is not running'}
  edge.terminate(before.pid)
  return untilStopped(edge)
}

export async function restartService(edge: ControlEdge): Promise<ControlOutcome> {
  const {supervisor} = edge
  if (supervisor?.restart !== undefined) {
    const asked = await askSupervisor(edge, supervisor, supervisor.restart)
    return asked ?? {exitCode: 0, message: 'authproxy is restarted'}
  }
  const stopped = await stopService(edge)
  return stopped.exitCode === 0 ? startService(edge) : stopped
}

export type ReloadOutcome =
  | {readonly kind: 'answered'; readonly exitCode: 0 | 1; readonly result: ReloadResult}
  | {readonly kind: 'not-running'; readonly exitCode: 3}
  | {readonly kind: 'unknown'; readonly exitCode: 4; readonly reason: string}

/** The running process itself is asked, whoever started it: it alone knows what it refused, and why. */
export async function reloadService(edge: ControlEdge): Promise<ReloadOutcome> {
  const reply = await askControl(edge.world, edge.layout.controlPath, {command: 'reload'}, RELOAD_MS)
  switch (reply.kind) {
    case 'answer': {
      const result = readReloadResult(reply.result)
      if (result === undefined)
        return {kind: 'unknown', exitCode: 4, reason: 'another version of the program is running'}
      return {kind: 'answered', exitCode: result.kind === 'reloaded' ? 0 : 1, result}
    }
    case 'nobody':
      return {kind: 'not-running', exitCode: 3}
    case 'not-allowed':
      return {kind: 'unknown', exitCode: 4, reason: "only root and the service's user may ask; use sudo"}
    case 'refused':
    case 'no-answer':
      return {kind: 'unknown', exitCode: 4, reason: reply.reason}
  }
}

/** What went wrong, or undefined. */
async function askSupervisor(
  edge: ControlEdge,
  supervisor: Supervisor,
  command: Command,
): Promise<ControlOutcome | undefined> {
  const {code, output} = await edge.run(command)
  if (code === 0) return undefined
  const message = output.trim() === '' ? `"${command.join(' ')}" failed with code ${code}` : output.trim()
  return {exitCode: 1, message, hint: supervisor.hint}
}

async function untilReady(edge: ControlEdge, ended?: Promise<string>): Promise<ControlOutcome> {
  const controller = new AbortController()
  let complaint: string | undefined
  void ended?.then((text) => {
    complaint = text
    controller.abort()
  })
  const until = edge.world.monotonicMs() + START_MS
  while (edge.world.monotonicMs() < until) {
    const status = await serviceStatus(edge)
    if (status.kind === 'running' && status.detail !== undefined) {
      return {exitCode: 0, message: `authproxy (pid ${status.pid}) is running`}
    }
    await pause(edge.world, LOOK_EVERY_MS, controller.signal)
    if (complaint !== undefined) {
      return {exitCode: 1, message: `authproxy did not start${complaint === '' ? '' : `:\n${complaint.trim()}`}`}
    }
  }
  return {exitCode: 1, message: `authproxy is not ready after ${START_MS / 1000} s`, hint: 'see its log'}
}

async function untilStopped(edge: ControlEdge): Promise<ControlOutcome> {
  const {signal} = new AbortController()
  const until = edge.world.monotonicMs() + STOP_MS
  while (edge.world.monotonicMs() < until) {
    const status = await serviceStatus(edge)
    if (status.kind === 'stopped' || status.kind === 'stale') return {exitCode: 0, message: 'authproxy is stopped'}
    await pause(edge.world, LOOK_EVERY_MS, signal)
  }
  return {exitCode: 1, message: `authproxy still runs after ${STOP_MS / 1000} s`, hint: 'see its log'}
}
