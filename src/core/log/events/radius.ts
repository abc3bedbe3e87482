import {event, type Later, laterEvent} from '../event.ts'

/** Events of the RADIUS server. `from` is "192.0.2.1:1812", an address and a port apart are those of a NAS. */
export const radiusEvents = {
  'radius.listening': event<{listener: string; receiveBufferOctets: number}>(
    'info',
    'radius',
    (f) => `RADIUS server listens on ${f.listener} (receive buffer ${f.receiveBufferOctets} octets)`,
  ),
  'radius.receive-buffer.small': event<{listener: string; octets: number; wantedOctets: number}>(
    'warn',
    'radius',
    (f) =>
      `The system gives ${f.listener} a receive buffer of ${f.octets} octets, ${f.wantedOctets} were asked for: requests ` +
      'that come in a burst are lost; raise net.core.rmem_max',
  ),
  'radius.no-ipv6': event<{listener: string; error: string}>(
    'info',
    'radius',
    (f) => `IPv6 is not available, only IPv4 is served on ${f.listener}: ${f.error}`,
  ),
  'radius.socket.error': event<{listener: string; error: string}>(
    'error',
    'radius',
    (f) => `Error of the socket ${f.listener}: ${f.error}`,
    (f) => f.listener,
  ),
  /** `unread`: it turned out to be nobody's login. */
  'radius.request.received': event<{
    address: string
    port: number
    identifier: number
    section: string
    unread: boolean
  }>(
    'info',
    'radius',
    (f) => `Received new request id ${f.identifier} from ('${f.address}', ${f.port}) for [${f.section}]`,
    (f) => (f.unread ? f.address : undefined),
  ),
  'radius.duplicate': event<{address: string; port: number; identifier: number; answered: boolean}>(
    'info',
    'radius',
    (f) =>
      `Received duplicate request id ${f.identifier} from ('${f.address}', ${f.port}): ` +
      (f.answered ? 'it was answered, the same goes again' : 'it is being worked on'),
    (f) => f.address,
  ),
  'radius.discarded': event<{from: string; reason: string; detail: string}>(
    'warn',
    'radius',
    (f) => `dropping packet from ${f.from} - ${f.detail}`,
    (f) => `${f.from.replace(/:\d+$/, '')} ${f.reason}`,
  ),
  'radius.status.answered': event<{from: string}>('debug', 'radius', (f) => `Answered Status-Server of ${f.from}`),
  'radius.reply.sent': laterEvent<{
    code: number
    to: string
    identifier: number
    unread: boolean
    attributes: Later<readonly string[]>
  }>(
    'info',
    'radius',
    'attributes',
    (f) => `Returning response code ${f.code}: ${replyNames[f.code] ?? 'unknown'}`,
    (f) => (f.unread ? f.to.replace(/:\d+$/, '') : undefined),
  ),
  /** With debug on: a request that is served, or the answer to one, as `dumpPacket` writes it. */
  'radius.packet': event<{
    direction: 'received' | 'sent'
    section: string
    peer: string
    lines: readonly string[]
  }>(
    'debug',
    'radius',
    (f) => `[${f.section}] ${f.direction === 'sent' ? 'to' : 'from'} ${f.peer}: ${f.lines.join('; ')}`,
  ),
  'radius.reply.shortened': event<{code: number; drafted: number; to: string; problem: string}>(
    'error',
    'radius',
    (f) =>
      `The reply to ${f.to} does not fit: ${f.problem}. Sent a shorter ${replyNames[f.code] ?? f.code}` +
      (f.code === f.drafted ? '' : ` in place of ${replyNames[f.drafted] ?? f.drafted}`),
  ),
  'radius.reply.silent': event<{to: string; identifier: number}>(
    'info',
    'radius',
    (f) => `Request id ${f.identifier} from ${f.to} is left without an answer`,
  ),
  'radius.reply.failed': event<{to: string; error: string}>(
    'error',
    'radius',
    (f) => `Could not send a reply to ${f.to}: ${f.error}`,
    (f) => f.error,
  ),
  'radius.latched': event<{address: string; latch: string; result: string}>(
    'info',
    'radius',
    (f) =>
      `${f.address} ${latchTexts[f.latch] ?? f.latch}` +
      (f.result === 'unwritten' ? '; this could not be written down and is forgotten at a restart' : ''),
  ),
  'radius.latches.full': event<{address: string; latch: string}>(
    'warn',
    'radius',
    (f) => `${f.address} cannot be remembered as one that shows ${f.latch}: too many addresses are`,
    (f) => f.latch,
  ),
} as const

const replyNames: Readonly<Record<number, string>> = {2: 'AccessAccept', 3: 'AccessReject', 11: 'AccessChallenge'}

const latchTexts: Readonly<Record<string, string>> = {
  'message-authenticator':
    'sent a valid Message-Authenticator and must from now on (require_message_authenticator = auto)',
  'reply-message-authenticator':
    'answers with a Message-Authenticator and must from now on (require_message_authenticator = auto of radius_client)',
  'proxy-state':
    'logs in without Proxy-State and from now on needs a Message-Authenticator to send one (limit_proxy_state = auto)',
}
