import {type Attribute, attributeType, MAX_PACKET_OCTETS, type Packet, packetCode} from './packet.ts'
import type {SharedKey} from './shared-key.ts'
import {encodeReply, type ReplyDraft} from './sign.ts'

export type FittedReply =
  /** `problem` says what did not fit and was left out; undefined when the draft was sent as it is. */
  | {readonly ok: true; readonly datagram: Buffer; readonly code: number; readonly problem: string | undefined}
  | {readonly ok: false; readonly problem: string}

/**
 * Encodes a reply, and when it does not fit a shorter one, since silence would leave the user waiting. The text is
 * shortened first. Then a Reject and a Challenge lose their attributes; an Accept becomes a Reject, because a gateway
 * that misses a Class or Filter-Id may let the user into more than was meant.
 *
 * The last draft fits whenever a login is possible: a request with a User-Name and a User-Password has at least
 * 3 + 18 octets besides its Proxy-States, and the Reject needs 18 for its Message-Authenticator.
 */
export function replyThatFits(draft: ReplyDraft, request: Packet, key: SharedKey): FittedReply {
  const whole = encodeReply(draft, request, key)
  if (whole.ok) return {ok: true, datagram: whole.datagram, code: draft.code, problem: undefined}
  const problem =
    whole.reason === 'attribute-too-long'
      ? `attribute ${whole.type} has more than 253 octets`
      : `it would have ${whole.octets} octets, and ${MAX_PACKET_OCTETS} is the most`
  for (const shorter of shorterDrafts(draft)) {
    const encoded = encodeReply(shorter, request, key)
    if (encoded.ok) return {ok: true, datagram: encoded.datagram, code: shorter.code, problem}
  }
  return {ok: false, problem}
}

const SHORT_TEXT_OCTETS = 120

function shorterDrafts({code, attributes}: ReplyDraft): ReplyDraft[] {
  const text = shortText(attributes)
  const states = attributes.filter(({type}) => type === attributeType.state)
  const others = attributes.filter(({type}) => type !== attributeType.replyMessage)
  const withShortText = {code, attributes: [...text, ...others]}
  const bareReject = {code: packetCode.accessReject, attributes: []}
  if (code === packetCode.accessAccept) return [withShortText, {code, attributes: others}, tooLongReject, bareReject]
  return [withShortText, {code, attributes: [...states, ...text]}, tooLongReject, bareReject]
}

const tooLongReject: ReplyDraft = {
  code: packetCode.accessReject,
  attributes: [
    {type: attributeType.replyMessage, value: Buffer.from('The answer to this login is too long to be sent')},
  ],
}

/** The first Reply-Message, cut between two characters. */
function shortText(attributes: readonly Attribute[]): Attribute[] {
  const first = attributes.find(({type}) => type === attributeType.replyMessage)
  if (first === undefined) return []
  let end = Math.min(first.value.length, SHORT_TEXT_OCTETS)
  while (end > 0 && end < first.value.length && isContinuation(first.value[end])) end--
  return [{type: attributeType.replyMessage, value: first.value.subarray(0, end)}]
}

function isContinuation(octet: number | undefined): boolean {
  return octet !== undefined && (octet & 0xc0) === 0x80
}
