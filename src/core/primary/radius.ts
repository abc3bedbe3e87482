import {isIPv6} from 'node:net'
import type {Log} from '../log/log.ts'
import type {
  Credentials,
  PrimaryAuthenticator,
  PrimaryRejectReason,
  PrimaryRequest,
  PrimaryResult,
} from '../login/primary-authenticator.ts'
import {formatEndpoint} from '../network.ts'
import type {ClientReply, ClientResult, RequestDraft, ServerAddress, UpstreamClient} from '../radius/client.ts'
import {encodeValue} from '../radius/dictionary-value.ts'
import {msChapErrorCode} from '../radius/ms-chap.ts'
import {
  type Attribute,
  allAttributes,
  attributeType,
  firstAttribute,
  MAX_PACKET_OCTETS,
  MIN_PACKET_OCTETS,
  packetCode,
} from '../radius/packet.ts'
import {type PassThrough, passThrough} from '../radius/pass-through.ts'
import {hidePassword, MAX_PASSWORD_OCTETS} from '../radius/password.ts'
import type {SharedKey} from '../radius/shared-key.ts'
import {type TextCodec, textCodec} from '../radius/text-codec.ts'
import {decodeResume, encodeResume, type Resume} from './radius-resume.ts'

export type RadiusPrimaryOptions = {
  /** `nas_ip`: the NAS-IP-Address to send; undefined sends the address the request leaves from. */
  readonly nasIp: string | undefined
  /** `pw_codec`: a codec that `isCodec` knows. */
  readonly passwordCodec: string
  /** Attributes of the answer that go on to the NAS. */
  readonly passThrough: PassThrough
}

/** Checks passwords with other RADIUS servers (`[radius_client]`). The client is its own: `close` closes it. */
export class RadiusPrimary implements PrimaryAuthenticator {
  readonly #client: UpstreamClient
  readonly #options: RadiusPrimaryOptions
  readonly #codec: TextCodec
  readonly #log: Log

  constructor(client: UpstreamClient, options: RadiusPrimaryOptions, log: Log) {
    this.#client = client
    this.#options = options
    this.#codec = textCodec(options.passwordCodec)
    this.#log = log
  }

  async authenticate(request: PrimaryRequest, signal: AbortSignal): Promise<PrimaryResult> {
    const resume = request.resume === undefined ? undefined : decodeResume(request.resume)
    if (request.resume !== undefined && resume === undefined) return unavailable('the challenge cannot be resumed')
    const proof = this.#proof(request.credentials)
    if (!proof.ok) return unsendable(proof.detail)
    const own = ownAttributes(request, this.#options.nasIp ?? (await this.#client.outboundAddress(signal)), resume)
    const forwarded = this.#fitting(request, own, proof.octets)
    const draft: RequestDraft = {
      code: packetCode.accessRequest,
      userName: request.userName,
      attributes: (authenticator, key) => [...own, ...proof.attributes(authenticator, key), ...forwarded],
    }
    return this.#judge(await this.#client.request(draft, signal, resume?.server))
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  /** What proves the password: the password itself, hidden for each sending, or what the NAS made of it. */
  #proof(credentials: Credentials): Proof {
    if (credentials.kind !== 'password') {
      return {ok: true, octets: octetsOf(credentials.attributes), attributes: () => credentials.attributes}
    }
    const {passwordCodec} = this.#options
    const password = this.#codec.encode(credentials.password.reveal())
    if (password === undefined) return {ok: false, detail: `${passwordCodec} lacks a character of the password`}
    if (password.length > MAX_PASSWORD_OCTETS) {
      return {ok: false, detail: `the password has more than ${MAX_PASSWORD_OCTETS} octets`}
    }
    return {
      ok: true,
      octets: 2 + MAX_PASSWORD_OCTETS,
      attributes: (authenticator, key) => {
        const value = hidePassword(password, authenticator, key)
        if (value === undefined) throw new Error('a password that was measured is too long')
        return [{type: attributeType.userPassword, value}]
      },
    }
  }

  /** The NAS's attributes that are passed on: without those we set ourselves, and as many as the packet has room for. */
  #fitting(
    {userName, clientAddress, forwarded}: PrimaryRequest,
    own: readonly Attribute[],
    proofOctets: number,
  ): Attribute[] {
    let room = ROOM_FOR_ATTRIBUTES - octetsOf(own) - proofOctets
    const kept: Attribute[] = []
    const candidates = passThrough(forwarded, 'all').filter(
      ({type}) => !ownTypes.has(type) && !(type === attributeType.callingStationId && clientAddress !== undefined),
    )
    for (const attribute of candidates) {
      room -= 2 + attribute.value.length
      if (room < 0) break
      kept.push(attribute)
    }
    if (kept.length < candidates.length) {
      this.#log.emit('upstream.attributes_left_out', {userName, count: candidates.length - kept.length})
    }
    return kept
  }

  #judge(result: ClientResult): PrimaryResult {
    if (result.kind === 'busy') return {...unavailable(failureTexts.busy), isBusy: true}
    if (result.kind !== 'reply') return unavailable(failureTexts[result.kind])
    const messages = allAttributes(result.packet.attributes, attributeType.replyMessage).map(messageText)
    const message = messages.length === 0 ? 'No reply message in packet' : messages.join('\n')
    switch (result.packet.code) {
      case packetCode.accessAccept:
        return {kind: 'accept', message, detail: serverText(result.server), attributes: this.#carried(result)}
      case packetCode.accessChallenge:
        return {
          kind: 'challenge',
          messages: messages.length === 0 ? ['Please answer the question of your login server:'] : messages,
          resume: encodeResume({
            server: result.server,
            state: firstAttribute(result.packet.attributes, attributeType.state),
          }),
          attributes: this.#carried(result, ['Prompt']).filter(({type}) => challengeTypes.has(type)),
        }
      default: {
        const attributes = withoutMessages(this.#carried(result))
        const reason = msChapReasons.get(msChapErrorCode(attributes) ?? 0) ?? 'rejected'
        return {kind: 'reject', message, reason, detail: serverText(result.server), attributes}
      }
    }
  }

  /** The attributes for the NAS, those that travel hidden in the clear (see CarriedAttribute). */
  #carried({revealed}: ClientReply, more: readonly string[] = []): Attribute[] {
    const {passThrough: selection} = this.#options
    return passThrough(revealed, selection === 'all' ? 'all' : [...selection, ...alwaysPassed, ...more])
  }
}

const SESSION_TIMEOUT = 27
const IDLE_TIMEOUT = 28
const PROMPT = 76

/** A packet's room behind its header and the Message-Authenticator. */
const ROOM_FOR_ATTRIBUTES = MAX_PACKET_OCTETS - MIN_PACKET_OCTETS - 18

type Proof =
  | {
      readonly ok: true
      /** The most they take of a packet. */
      readonly octets: number
      readonly attributes: (authenticator: Buffer, key: SharedKey) => readonly Attribute[]
    }
  | {readonly ok: false; readonly detail: string}

/** Numbers of MS-CHAP-Error (RFC 2759 6). */
const msChapReasons: ReadonlyMap<number, PrimaryRejectReason> = new Map([
  [646, 'logon-hours'],
  [647, 'account-disabled'],
  [648, 'password-expired'],
  [691, 'wrong-password'],
])

/** The NAS's own values of these would contradict ours. */
const ownTypes: ReadonlySet<number> = new Set([
  attributeType.userName,
  attributeType.nasIpAddress,
  attributeType.nasIpv6Address,
])

/** What MS-CHAPv2 and its link encryption cannot do without goes to the NAS whatever is configured. */
const alwaysPassed: readonly string[] = [
  'MS-CHAP2-Success',
  'MS-CHAP-Error',
  'MS-CHAP-Domain',
  'MS-CHAP-MPPE-Keys',
  'MS-MPPE-Send-Key',
  'MS-MPPE-Recv-Key',
  'MS-MPPE-Encryption-Policy',
  'MS-MPPE-Encryption-Types',
]

/**
 * What an Access-Challenge may hold (RFC 2865 5.44, RFC 2869 5.19) and is not made by the login itself. Prompt, which says
 * whether the answer may be seen while it is typed, goes on whatever is configured.
 */
const challengeTypes: ReadonlySet<number> = new Set([
  attributeType.vendorSpecific,
  SESSION_TIMEOUT,
  IDLE_TIMEOUT,
  PROMPT,
])

const failureTexts: {readonly [Kind in Exclude<ClientResult['kind'], 'reply'>]: string} = {
  timeout: 'RADIUS auth request timed out',
  busy: 'too many requests wait for the RADIUS server',
  aborted: 'the login was given up before the RADIUS server answered',
  unresolved: 'no RADIUS server could be resolved',
  'too-long': 'the request does not fit a RADIUS packet',
}

function ownAttributes(
  {userName, clientAddress}: PrimaryRequest,
  nasAddress: string | undefined,
  resume: Resume | undefined,
): Attribute[] {
  const attributes: Attribute[] = [{type: attributeType.userName, value: Buffer.from(userName, 'utf8')}]
  if (nasAddress !== undefined) {
    const nas = encodeValue(isIPv6(nasAddress) ? 'NAS-IPv6-Address' : 'NAS-IP-Address', nasAddress)
    if (nas.ok) attributes.push(nas.attribute)
  }
  if (clientAddress !== undefined) {
    attributes.push({type: attributeType.callingStationId, value: Buffer.from(clientAddress, 'utf8')})
  }
  if (resume?.state !== undefined) attributes.push({type: attributeType.state, value: resume.state})
  return attributes
}

function octetsOf(attributes: readonly Attribute[]): number {
  return attributes.reduce((sum, {value}) => sum + 2 + value.length, 0)
}

/** The reject's and the challenge's texts travel as messages: the login makes Reply-Message of them. */
function withoutMessages(attributes: readonly Attribute[]): Attribute[] {
  return attributes.filter(({type}) => type !== attributeType.replyMessage)
}

function serverText({host, port, address}: ServerAddress): string {
  const name = formatEndpoint({address: host, port})
  return host === address ? name : `${name} (${address})`
}

/** Some servers end a text with NUL. */
function messageText(value: Buffer): string {
  return value.toString('utf8').replace(/\0+$/, '')
}

/** A password that cannot be put into a packet cannot be the right one. */
function unsendable(detail: string): PrimaryResult {
  return {kind: 'reject', message: 'User Authentication Failed', reason: 'wrong-password', detail, attributes: []}
}

function unavailable(cause: string): Extract<PrimaryResult, {kind: 'unavailable'}> {
  return {kind: 'unavailable', message: `Error performing primary authentication: ${cause}`}
}
