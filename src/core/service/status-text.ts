import type {ReloadOutcome, ServiceStatus} from './controls.ts'

/** What `status` says to a person: the original's sentence first, then what the process knows of itself. */
export function statusText(status: ServiceStatus): string {
  switch (status.kind) {
    case 'running':
      return [`authproxy (pid ${status.pid}) is running`, ...detailLines(status)].join('\n')
    case 'stale':
      return `authproxy is not running (the pid file names process ${status.pid}, which is gone)`
    case 'stopped':
      return 'authproxy is not running'
    case 'unknown':
      return `status unknown: ${status.reason}`
  }
}

/** The same as JSON, see docs/service.md. */
export function statusJson(status: ServiceStatus): Record<string, unknown> {
  if (status.kind === 'running') return {...(status.detail ?? {running: true, pid: status.pid})}
  return {
    running: false,
    ...(status.kind === 'unknown' ? {unknown: true, reason: status.reason} : {}),
    ...(status.kind === 'stale' ? {stalePid: status.pid} : {}),
  }
}

/** How a reload ended: what changed, or all that is wrong with the file. */
export function reloadText(outcome: ReloadOutcome): string {
  if (outcome.kind === 'not-running') return 'authproxy is not running'
  if (outcome.kind === 'unknown') return `status unknown: ${outcome.reason}`
  const {result} = outcome
  if (result.kind === 'refused') {
    return ['The configuration was refused; nothing has changed:', ...result.problems].join('\n')
  }
  if (result.changes.length === 0) return 'Reloaded; nothing has changed'
  return ['Reloaded:', ...result.changes.map((change) => `  ${change}`)].join('\n')
}

function detailLines({detail}: Extract<ServiceStatus, {kind: 'running'}>): string[] {
  if (detail === undefined) return ['  it has no control socket: see its log for the reason']
  const {accept, reject, challenge} = detail.logins
  return [
    `  version ${detail.version}, up ${duration(detail.uptimeS)}`,
    `  ${readyText(detail)}`,
    `  sections: ${detail.sections.join(', ')}`,
    `  logins: ${accept} accepted, ${reject} rejected, ${challenge} challenged; ${detail.pendingPushes} pushes pending`,
  ]
}

function readyText({ready, reasons}: {readonly ready: boolean; readonly reasons: readonly string[]}): string {
  if (reasons.length === 0) return ready ? 'ready' : 'not ready'
  return `${ready ? 'ready, but' : 'not ready'}: ${reasons.join('; ')}`
}

function duration(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  const hours = Math.floor((seconds % 86_400) / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  if (days > 0) return `${days} d ${hours} h`
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`
}
