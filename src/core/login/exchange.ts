import {isUtf8} from 'node:buffer'
import type {AuthStatus} from '../log/auth-events.ts'
import type {Log, LoginReference} from '../log/log.ts'
import {canonicalAddress, formatEndpoint} from '../network.ts'
import {
  type Attribute,
  attributeType,
  type Endpoint,
  firstAttribute,
  type Packet,
  packetCode,
} from '../radius/packet.ts'
import {Secret} from '../secret.ts'
import type {World} from '../world.ts'
import {bypassOf, type Decision, type Login, reject, type Step} from './login.ts'
import {firstDecision} from './mode.ts'
import type {LoginPolicy} from './parts.ts'
import type {ChapResponse} from './primary-authenticator.ts'
import {fitMessage, MAX_MESSAGE_OCTETS} from './prompt.ts'
import {texts} from './texts.ts'

/** A request that is authentic and not a duplicate: the client entry it came from, and its password as octets. */
export type AuthenticRequest = {
  readonly packet: Packet
  readonly from: Endpoint
  readonly clientEntry: string
  /** The revealed User-Password; undefined when the packet has none. */
  readonly password: Buffer | undefined
  /** The CHAP or MS-CHAPv2 response in its place. */
  readonly chap: ChapResponse | undefined
  /** To be told which login the request belongs to, as soon as it is clear. */
  readonly identified?: ((login: LoginReference) => void) | undefined
}

/** A reply without what the RADIUS room adds: Message-Authenticator and Proxy-State. */
export type Reply = {
  readonly code: number
  readonly attributes: readonly Attribute[]
  readonly login: LoginReference
  /** It answers nobody's login (`Decision`). */
  readonly unread: boolean
}

/** `silent`: for good. `later`: another node may be answering, and a retransmission is looked at anew. */
export type NoReply = 'silent' | 'later'

/** What the section's configuration says about reading a request. */
export type RequestReading = {
  /** pw_codec: undefined for octets that are not text in it, which most often means another shared secret. */
  readonly decodePassword: (octets: Buffer) => string | undefined
  /** The user's address as text, from the configured attribute; undefined means Ivanti's way of saying it is tried. */
  readonly clientAddressAttribute: ((attributes: readonly Attribute[]) => string | undefined) | undefined
  /** The request attributes that go on to the primary server. */
  readonly forwarded: (attributes: readonly Attribute[]) => readonly Attribute[]
}

const replyCode: {readonly [Kind in 'accept' | 'reject' | 'challenge']: number} = {
  accept: packetCode.accessAccept,
  reject: packetCode.accessReject,
  challenge: packetCode.accessChallenge,
}

const MAX_USER_NAME_OCTETS = 253
const LOGIN_ID_OCTETS = 6

/**
 * Where packets become logins and decisions become packets; behind it nothing knows RADIUS.
 * The mode decides; one `login.decided` event is written for each decision, joined requests share theirs.
 */
export function createExchange(
  mode: readonly Step[],
  policy: LoginPolicy,
  reading: RequestReading,
  log: Log,
  world: World,
): (request: AuthenticRequest, signal: AbortSignal) => Promise<Reply | NoReply> {
  const announced = new WeakSet<Decision>()

  return async (request, signal) => {
    const startedMs = world.monotonicMs()
    const read = readLogin(request, reading, world.randomBytes(LOGIN_ID_OCTETS).toString('hex'), startedMs)
    const {login: asked} = read
    const {userName, clientEntry: client, clientAddress, reference} = asked
    // An answer goes on under the id of the login it belongs to, which the steps find out.
    const unread = read.refusal !== undefined
    if (asked.state === undefined || unread) {
      if (!unread) asked.identified?.(reference)
      log.emit('login.attempt', {userName, section: policy.section, client, clientAddress, unread}, reference)
    }
    const decision = read.refusal ?? (await firstDecision(mode, asked, signal))
    const login = continuedBy(asked, decision)
    if (!announced.has(decision) && decision.repeated === undefined) {
      announced.add(decision)
      announce(decision, login)
    }
    return replyOf(decision, login, policy.rejectReference)
  }

  function announce(decision: Decision, login: Login): void {
    const elapsedMs = Math.round(world.monotonicMs() - login.startedMs)
    const bypass = bypassOf(decision)
    if (bypass === 'failmode-safe' || bypass === 'primary-only') {
      log.emit('login.bypass', {userName: login.userName, bypass, section: policy.section}, login.reference)
    }
    if (decision.kind === 'challenge') log.emit('login.challenged', {reason: decision.reason}, login.reference)
    log.emit(
      'login.decided',
      {
        section: policy.section,
        outcome: decision.kind,
        reason: decision.reason,
        elapsedMs,
        told: toldText(decision),
        unread: decision.unread === true,
        auth: authEvent(decision, login, elapsedMs),
      },
      login.reference,
    )
  }

  /** An ordinary challenge is no result, nor is a wait that was cut short; what the primary server said has its event already. */
  function authEvent(decision: Decision, login: Login, durationMs: number) {
    if (decision.kind === 'challenge' && decision.reason !== 'enroll') return undefined
    if (decision.reason === 'stopping' || decision.reason === 'answered-elsewhere') return undefined
    if (decision.stage === 'Primary authentication' && decision.reason !== 'password-guarded') return undefined
    return {
      msg: resultText(decision),
      username: login.userName,
      authStage: decision.stage,
      status: resultStatus[decision.kind],
      clientIp: login.clientAddress,
      section: policy.section,
      ikey: policy.ikey,
      factor: decision.factor,
      nas: login.source,
      durationMs,
      reason: decision.reason,
      bypass: bypassOf(decision),
    } as const
  }
}

const resultStatus: {readonly [Kind in Decision['kind']]: AuthStatus} = {
  accept: 'Allow',
  reject: 'Reject',
  challenge: 'Challenge',
  ignore: 'Error',
}

function resultText(decision: Decision): string {
  if (decision.reason === 'enroll') return texts.enrollmentSent
  return 'message' in decision ? decision.message : texts.failmodeIgnore
}

/** The text of a prompt is the user's, and long. */
function toldText(decision: Decision): string {
  const text = decision.kind === 'challenge' ? '' : resultText(decision)
  return decision.hint === undefined ? text : `${text}: ${decision.hint}`
}

/** The login a request asks for, and the refusal it has earned already when it cannot be one. */
function readLogin(
  {packet, from, clientEntry, password, chap, identified}: AuthenticRequest,
  reading: RequestReading,
  id: string,
  startedMs: number,
): {login: Login; refusal: Decision | undefined} {
  const {attributes} = packet
  const userName = readUserName(firstAttribute(attributes, attributeType.userName))
  const decoded = password === undefined ? undefined : reading.decodePassword(password)
  const state = firstAttribute(attributes, attributeType.state)
  const clientAddress = userAddress(attributes, reading)
  const nasPort = firstAttribute(attributes, attributeType.nasPort)
  const sessionId = firstAttribute(attributes, attributeType.acctSessionId)
  const printable = userName.ok ? userName.text : userName.printable
  const reference: LoginReference = {
    loginId: id,
    from: formatEndpoint(from),
    identifier: packet.identifier,
    userName: printable,
  }
  const login: Login = {
    id,
    reference,
    userName: printable,
    password: decoded === undefined ? undefined : new Secret(decoded),
    chap,
    state,
    request: `${packet.identifier} ${packet.authenticator.toString('base64')}`,
    clientAddress,
    source: from.address,
    clientEntry,
    forwarded: reading.forwarded(attributes),
    session: JSON.stringify([nasPort?.toString('hex'), sessionId?.toString('hex'), clientAddress]),
    namesSession: namesSession(sessionId) || (namesPort(nasPort) && clientAddress !== undefined),
    startedMs,
    identified,
    facts: {attributes: []},
  }
  const refuse = (message: string, hint?: string) => ({
    login,
    refusal: reject(message, {reason: 'bad-request', stage: 'Unknown', hint, unread: true}),
  })
  if (password !== undefined && decoded === undefined) return refuse(texts.undecodablePassword, wrongSecret)
  if (!userName.ok) return refuse(userName.message)
  if (decoded === undefined && chap === undefined && state === undefined) return refuse(texts.noPassword)
  return {login, refusal: undefined}
}

/** A password that is hidden with another secret comes out as octets that are hardly ever text. */
const wrongSecret = 'the shared secret of the gateway may be another one, or its passwords not in pw_codec'

/** Gateways send zeros for want of anything better, as Ivanti's NAS-Port is: they name nothing. */
function namesSession(sessionId: Buffer | undefined): boolean {
  return /[^0\s\0]/.test(sessionId?.toString('latin1') ?? '')
}

function namesPort(nasPort: Buffer | undefined): boolean {
  return nasPort?.some((octet) => octet !== 0) ?? false
}

/** An answer belongs to the login that asked. */
function continuedBy(login: Login, {loginId: id}: Decision): Login {
  return id === undefined ? login : {...login, id, reference: {...login.reference, loginId: id}}
}

type UserName = {ok: true; text: string} | {ok: false; message: string; printable: string}

/** A name comes from an untrusted device: it must be text without control characters, or it goes no further. */
function readUserName(octets: Buffer | undefined): UserName {
  if (octets === undefined || octets.length === 0) return {ok: false, message: texts.noUserName, printable: ''}
  const text = octets.toString('utf8')
  const whole = isUtf8(octets) && octets.length <= MAX_USER_NAME_OCTETS
  if (whole && !/\p{Cc}/u.test(text)) return {ok: true, text}
  return {ok: false, message: texts.badUserName, printable: `0x${octets.toString('hex')}`}
}

/**
 * The address Duo is told: from the configured attribute; else Calling-Station-Id when it is one, else
 * Tunnel-Client-Endpoint, which is what an Ivanti sends. Anything that is no IP address is left out.
 */
function userAddress(attributes: readonly Attribute[], reading: RequestReading): string | undefined {
  if (reading.clientAddressAttribute !== undefined) {
    return validAddress(reading.clientAddressAttribute(attributes))
  }
  const calling = firstAttribute(attributes, attributeType.callingStationId)?.toString('latin1')
  return validAddress(calling) ?? validAddress(tunnelEndpoint(attributes))
}

/** The first octet is a tag when it is 0x1f or less (RFC 2868 3.3). */
function tunnelEndpoint(attributes: readonly Attribute[]): string | undefined {
  const value = firstAttribute(attributes, attributeType.tunnelClientEndpoint)
  if (value === undefined) return undefined
  return value.toString('latin1', (value[0] ?? 0xff) <= 0x1f ? 1 : 0)
}

/** Its canonical text, or nothing: what a NAS writes here goes to others. */
function validAddress(text: string | undefined): string | undefined {
  return text === undefined ? undefined : canonicalAddress(text.trim())
}

function replyOf(decision: Decision, {id, reference}: Login, withReference: boolean): Reply | NoReply {
  if (decision.kind === 'ignore') return decision.reason === 'answered-elsewhere' ? 'later' : 'silent'
  const attributes: Attribute[] = []
  if (decision.kind === 'challenge') {
    attributes.push({type: attributeType.state, value: decision.state})
    attributes.push(...decision.messages.flatMap((message) => replyMessage(message)))
  } else {
    const note = decision.kind === 'reject' && withReference ? `(login ${id})` : ''
    attributes.push(...replyMessage(decision.message, note))
  }
  attributes.push(...decision.attributes)
  return {code: replyCode[decision.kind], attributes, login: reference, unread: decision.unread === true}
}

/** The note is kept whole where the text must be cut. An empty text is left out (RFC 2865 5). */
function replyMessage(text: string, note = ''): Attribute[] {
  const space = note === '' || text === '' ? '' : ' '
  const fitted = fitMessage(text, MAX_MESSAGE_OCTETS - Buffer.byteLength(space + note)) + space + note
  return fitted === '' ? [] : [{type: attributeType.replyMessage, value: Buffer.from(fitted, 'utf8')}]
}
