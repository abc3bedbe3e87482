import {event} from '../event.ts'

export const serviceEvents = {
  'proxy.ready': event<{version: string; sockets: readonly string[]; startupMs: number}>(
    'info',
    'authproxy',
    (f) => `proxy.ready version ${f.version}, listening on ${f.sockets.join(', ')} after ${f.startupMs} ms`,
  ),
  'proxy.stopping': event<{reason: string; pendingLogins: number}>(
    'info',
    'authproxy',
    (f) => `Stopping (${f.reason}), ${f.pendingLogins} logins in flight are given time to end`,
  ),
  'proxy.stopped': event<{unfinishedLogins: number}>(
    'info',
    'authproxy',
    (f) => `Stopped, ${f.unfinishedLogins} logins left unfinished`,
  ),
  'proxy.primary-only.began': event<{minutes: number}>(
    'warn',
    'authproxy',
    (f) =>
      `PRIMARY-ONLY MODE for ${f.minutes} minutes: sections with failmode=safe let users in with the password alone`,
  ),
  'proxy.primary-only.ended': event<Record<string, never>>('warn', 'authproxy', () => 'Primary-only mode has ended'),
  /** One section of the configuration at start, as `redactedSection` shows it. */
  'proxy.section': event<{settings: string}>('info', 'authproxy', (f) => f.settings),
  'proxy.reloaded': event<{changes: readonly string[]}>('info', 'authproxy', (f) =>
    f.changes.length === 0 ? 'Reloaded; nothing has changed' : `Reloaded: ${f.changes.join('; ')}`,
  ),
  'proxy.reload-refused': event<{problems: readonly string[]}>(
    'error',
    'authproxy',
    (f) => `The new configuration was refused, nothing has changed: ${f.problems.join('; ')}`,
  ),
  'control.unavailable': event<{path: string; error: string}>(
    'warn',
    'authproxy',
    (f) => `status, reload and explain cannot be asked at ${f.path}: ${f.error}`,
  ),
  'metrics.listening': event<{address: string}>(
    'info',
    'metrics',
    (f) => `Metrics are served on http://${f.address}/metrics`,
  ),
  'metrics.unavailable': event<{error: string}>('error', 'metrics', (f) => `No metrics: ${f.error}`),
  'pid-file.unavailable': event<{path: string; error: string}>(
    'warn',
    'authproxy',
    (f) => `The pid file ${f.path} cannot be written: ${f.error}`,
  ),
  'worker.ended': event<{worker: number; pid: number; how: string}>(
    'error',
    'authproxy',
    (f) => `Worker ${f.worker} (process ${f.pid}) ended: ${f.how}; another takes its place`,
  ),
  'worker.started': event<{worker: number; pid: number}>(
    'info',
    'authproxy',
    (f) => `Worker ${f.worker} serves as process ${f.pid}`,
  ),
  'worker.not-started': event<{worker: number; error: string; againMs: number}>(
    'error',
    'authproxy',
    (f) => `Worker ${f.worker} cannot serve: ${f.error}; tried again in ${Math.round(f.againMs / 1000)} s`,
  ),
  'log.lines-lost': event<{lost: number}>('error', 'log', (f) => `${f.lost} lines could not be written here`),
  'proxy.bug': event<{where: string; error: string}>(
    'critical',
    'authproxy',
    (f) => `Unexpected error in ${f.where}; please report it: ${f.error}`,
  ),
} as const
