import type {LoginReference} from '../log/log.ts'
import type {RadiusClient} from './client-table.ts'
import type {Endpoint, Packet} from './packet.ts'
import type {ReplyDraft} from './sign.ts'

/** An Access-Request that is well-formed, from a known client, as authentic as that client's policy asks, and new. */
export type ServedRequest = {
  readonly packet: Packet
  readonly client: RadiusClient
  readonly from: Endpoint
  /** The socket it came in by, as the log names it: "0.0.0.0:1812". */
  readonly listener: string
  readonly messageAuthenticator: 'valid' | 'absent'
  /**
   * To be told, as soon as it is known, which login this is: retransmissions are then logged as its own. Not told for a
   * request that turns out to be nobody's.
   */
  readonly identified?: ((login: LoginReference) => void) | undefined
}

/** A reply, and the login it ends, whose id then stands in the log line of the reply. */
export type ServiceReply = ReplyDraft & {
  readonly login?: LoginReference | undefined
  /** The request was nobody's login: strangers can send any number of those, and lines about them are limited. */
  readonly unread?: boolean
}

/**
 * No answer. `silent`: nor will a retransmission of this request get one. `later`: somebody else may be answering it, so
 * a retransmission is looked at anew.
 */
export type Unanswered = 'silent' | 'later'

/** What is behind the receiver. */
export type Service = (request: ServedRequest) => Promise<ServiceReply | Unanswered>
