import {event, type Later} from '../event.ts'

type Call = {apiHost: string; path: string}

export const duoEvents = {
  'duo.http': event<{method: string; url: string; parameters: Later<string>}>(
    'debug',
    'duo',
    (f) => `http ${f.method} to ${f.url}: ${f.parameters}`,
  ),
  'duo.answered': event<Call & {status: number; elapsedMs: number; outcome: string}>(
    'debug',
    'duo',
    (f) => `${f.path} was answered with HTTP ${f.status} after ${f.elapsedMs} ms: ${f.outcome}`,
  ),
  'duo.call-failed': event<Call & {reason: string; cause: string}>(
    'warn',
    'duo',
    (f) => `Call of ${f.path} at ${f.apiHost} failed (${f.reason}): ${f.cause}`,
    (f) => `${f.apiHost} ${f.path} ${f.reason}`,
  ),
  'duo.rate-limited': event<Call & {waitMs: number}>(
    'warn',
    'duo',
    (f) => `${f.apiHost} asks to slow down; ${f.path} is tried again in ${f.waitMs} ms`,
    (f) => `${f.apiHost} ${f.path}`,
  ),
  'duo.clock-differs': event<{apiHost: string; offsetMs: number}>(
    'warn',
    'duo',
    (f) =>
      `The clock of this machine is ${Math.round(Math.abs(f.offsetMs) / 1000)} s ${f.offsetMs > 0 ? 'behind' : 'ahead of'} ` +
      `that of ${f.apiHost}; requests are dated by Duo's`,
    (f) => f.apiHost,
  ),
  'duo.pushes-full': event<{apiHost: string; ikey: string; pending: number}>(
    'warn',
    'duo',
    (f) =>
      `${f.pending} pushes and calls are pending for ${f.ikey} at ${f.apiHost}: no more go out until some are answered; ` +
      'these users are asked for a passcode',
    (f) => f.ikey,
  ),
  'duo.pushes-in-turns': event<{apiHost: string; ikey: string; connections: number}>(
    'warn',
    'duo',
    (f) =>
      `More pushes and calls are pending for ${f.ikey} at ${f.apiHost} than the ${f.connections} connections for them: ` +
      'their results are asked for in turns, and come some seconds late',
    (f) => f.ikey,
  ),
  'duo.legacy-api': event<{apiHost: string; ikey: string; cause: string; retryHours: number}>(
    'warn',
    'duo',
    (f) =>
      `${f.apiHost} refuses the Auth API v2 to ${f.ikey} (${f.cause}); the legacy API serves it, ` +
      `without Verified Push, and v2 is tried again in ${f.retryHours} h`,
  ),
  'duo.modern-api': event<{apiHost: string; ikey: string}>(
    'info',
    'duo',
    (f) => `${f.apiHost} serves the Auth API v2 to ${f.ikey} now`,
  ),
} as const
