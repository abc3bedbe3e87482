import type {AuthEvent} from '../auth-events.ts'
import {authEvent, event} from '../event.ts'

export const loginEvents = {
  'state.journal.failed': event<{error: string}>(
    'error',
    'state',
    (f) =>
      `The journal of used challenges cannot be written any more (${f.error}). Logins go on; after a restart open challenges are refused.`,
  ),
  'state.store.away': event<{cause: string}>(
    'error',
    'state',
    (f) =>
      `The shared state store cannot be reached (${f.cause}). Logins go on; until it is back each proxy remembers used challenges for itself alone.`,
  ),
  'state.store.back': event<Record<string, never>>('warn', 'state', () => 'The shared state store is back'),
  'state.folder.unusable': event<{path: string; error: string}>(
    'error',
    'state',
    (f) =>
      `The state folder ${f.path} cannot be used (${f.error}). Logins go on; challenges open at a restart are refused.`,
  ),
  'state.latches.unusable': event<{path: string; error: string}>(
    'error',
    'state',
    (f) =>
      `It is not known which clients sign their requests: ${f.path} cannot be used (${f.error}). Until each has sent a ` +
      'signed request again, unsigned ones are taken in its name where require_message_authenticator=auto. Give the file ' +
      'back to the account of the service, or remove it, and start again; or set require_message_authenticator=yes.',
  ),
  'login.attempt': event<{
    userName: string
    section: string
    client: string
    clientAddress: string | undefined
    unread: boolean
  }>(
    'info',
    'login',
    (f) => `login attempt for username '${f.userName}'`,
    (f) => (f.unread ? f.client : undefined),
  ),
  'login.primary.result': authEvent<{result: string; reason: string; detail: string; auth: AuthEvent}>(
    'info',
    'login',
    (f) => `${f.auth.msg}${f.result === 'reject' ? ` (${f.reason}${f.detail === '' ? '' : `: ${f.detail}`})` : ''}`,
  ),
  'login.primary.again': event<Record<never, never>>(
    'info',
    'login',
    () => 'That was not the password; once more, with another part of the text as the password',
  ),
  'login.preauth': event<{result: string; detail: string}>(
    'info',
    'login',
    (f) => `Duo preauth returned '${f.result}'${f.detail === '' ? '' : `: ${f.detail}`}`,
  ),
  'login.challenged': event<{reason: string}>(
    'info',
    'login',
    (f) => `Sending authentication challenge packet (${f.reason})`,
  ),
  'login.answered': event<{question: string}>('info', 'login', (f) => `Valid response to challenge (${f.question})`),
  'login.joined': event<{same: boolean}>('info', 'login', (f) =>
    f.same
      ? 'The same answer is being worked on already; this request waits for its decision'
      : 'Another answer to this challenge is being worked on; this one is refused',
  ),
  'login.factor.chosen': event<{factor: string}>('info', 'login', (f) => `User answered with factor ${f.factor}`),
  'login.factor.pending': event<{factor: string; transactionId: string}>(
    'info',
    'login',
    (f) => `Duo ${f.factor} is out, transaction ${f.transactionId}`,
  ),
  'login.factor.result': event<{result: string; message: string; factor: string}>(
    'info',
    'login',
    (f) => `Duo authentication returned '${f.result}': '${f.message}'`,
  ),
  'login.pushes.withheld': event<{userName: string; why: string; minutes: number}>(
    'warn',
    'login',
    (f) => `No more pushes for '${f.userName}' for ${f.minutes} min: they were ${f.why}. Passcodes still work.`,
  ),
  'login.passwords.guessed': event<{who: string; failures: number; minutes: number}>(
    'warn',
    'login',
    (f) => `${f.failures} wrong passwords within ${f.minutes} min for ${f.who}: refusals are slowed down and limited`,
    (f) => f.who,
  ),
  'login.bypass': event<{userName: string; bypass: string; section: string}>(
    'warn',
    'login',
    (f) => `BYPASS: '${f.userName}' was let in without a second factor (${f.bypass}) by [${f.section}]`,
  ),
  'login.decided': authEvent<{
    section: string
    outcome: string
    reason: string
    elapsedMs: number
    /** What the user is told, and what the log adds for whoever runs the proxy; not what a prompt says. */
    told: string
    unread: boolean
    auth: AuthEvent | undefined
  }>(
    'info',
    'login',
    (f) => `Login decided: ${f.outcome} (${f.reason}) after ${f.elapsedMs} ms${f.told === '' ? '' : ` - ${f.told}`}`,
    (f) => (f.unread ? `${f.auth?.nas} ${f.reason}` : undefined),
  ),
} as const
