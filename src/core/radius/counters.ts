/** Why a datagram got no answer: each reason is counted, and logged with the source it came from. */
const noDiscards = {
  'unknown-source': 0,
  malformed: 0,
  'code-not-served': 0,
  /** The Message-Authenticator was not made with the secret of this client. */
  forged: 0,
  'bad-message-authenticator': 0,
  'missing-message-authenticator': 0,
  'unauthenticated-proxy-state': 0,
  overloaded: 0,
  /** A Status-Server while logins cannot work, where its silence is to tell so. */
  'not-ready': 0,
  /** Not even the shortest reply fits. */
  unanswerable: 0,
}

export type DiscardReason = keyof typeof noDiscards

/** Plain numbers since the start, for a metrics exporter to read. */
export type RadiusCounters = {
  /** Datagrams that arrived. */
  received: number
  /** Access-Requests that went to the login. */
  requests: number
  statusServer: number
  /** Retransmissions of a request that was being worked on, and of one that was answered. */
  duplicatesPending: number
  duplicatesAnswered: number
  accepts: number
  rejects: number
  challenges: number
  /** Requests that were decided to be left without an answer. */
  silent: number
  /** Replies that did not fit and were sent shorter. */
  shortened: number
  /** Requests that ended in an exception. */
  bugs: number
  readonly discarded: {[Reason in DiscardReason]: number}
}

export function createRadiusCounters(): RadiusCounters {
  return {
    received: 0,
    requests: 0,
    statusServer: 0,
    duplicatesPending: 0,
    duplicatesAnswered: 0,
    accepts: 0,
    rejects: 0,
    challenges: 0,
    silent: 0,
    shortened: 0,
    bugs: 0,
    discarded: {...noDiscards},
  }
}
