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
  /** One section of the configuration at start, as `redactedSection` shows it. */
  'proxy.section': event<{settings: string}>('info', 'authproxy', (f) => f.settings),
  'log.lines-lost': event<{lost: number}>('error', 'log', (f) => `${f.lost} lines could not be written here`),
  'proxy.bug': event<{where: string; error: string}>(
    'critical',
    'authproxy',
    (f) => `Unexpected error in ${f.where}; please report it: ${f.error}`,
  ),
} as const
