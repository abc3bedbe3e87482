import {type Packet, packetCode} from './packet.ts'
import type {SharedKey} from './shared-key.ts'
import {type VerifiedReply, verifyReply} from './verify.ts'

export type JudgedReply =
  | Extract<VerifiedReply, {ok: true}>
  /** `detail` is for the log: what is wrong with it. */
  | {readonly ok: false; readonly reason: string; readonly detail: string}

/**
 * Whether a datagram is an answer to `request` from somebody who knows the secret.
 * `mustBeSigned` asks for a Message-Authenticator as well; one that is there and wrong never passes.
 */
export function judgeReply(
  datagram: Buffer,
  request: Packet,
  key: SharedKey,
  {mustBeSigned}: {readonly mustBeSigned: boolean},
): JudgedReply {
  const verified = verifyReply(datagram, request, key)
  if (!verified.ok) return {ok: false, reason: verified.reason, detail: failureTexts[verified.reason]}
  const {code} = verified.packet
  const isProbe = request.code === packetCode.statusServer
  if (!(isProbe ? probeReplyCodes : loginReplyCodes).includes(code)) {
    return {ok: false, reason: 'unexpected-code', detail: `code ${code} does not answer this request`}
  }
  // A reply to a probe lets nobody in.
  if (verified.messageAuthenticator === 'absent' && mustBeSigned && !isProbe) {
    return {ok: false, reason: 'message-authenticator-absent', detail: 'Message-Authenticator is missing'}
  }
  return verified
}

const loginReplyCodes: readonly number[] = [
  packetCode.accessAccept,
  packetCode.accessReject,
  packetCode.accessChallenge,
]
const probeReplyCodes: readonly number[] = [packetCode.accessAccept]

const forged = 'wrong shared secret, or forged'
const failureTexts: {readonly [Reason in Extract<VerifiedReply, {ok: false}>['reason']]: string} = {
  'too-short': 'it is too short for a packet',
  'too-long': 'it is too long for a packet',
  'bad-length': 'its length field is wrong',
  truncated: 'it was cut off',
  'bad-attribute-length': 'an attribute has a wrong length',
  'attribute-overrun': 'an attribute passes the end of the packet',
  'other-identifier': 'it answers another request',
  'bad-response-authenticator': `Response Authenticator is wrong: ${forged}`,
  'message-authenticator-wrong': `Message-Authenticator is wrong: ${forged}`,
  'message-authenticator-repeated': 'it has more than one Message-Authenticator',
  'message-authenticator-bad-length': 'its Message-Authenticator has a wrong length',
}
