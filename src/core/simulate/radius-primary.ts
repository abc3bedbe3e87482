import {createSocket, type Socket} from 'node:dgram'
import {decodePacket} from '../radius/codec.ts'
import {findAttribute} from '../radius/dictionary-lookup.ts'
import {
  type Attribute,
  attributeType,
  type Endpoint,
  firstAttribute,
  type Packet,
  packetCode,
} from '../radius/packet.ts'
import {hideForHop} from '../radius/pass-through.ts'
import {revealPassword} from '../radius/password.ts'
import {type SharedKey, sharedKey} from '../radius/shared-key.ts'
import {encodeReply, type ReplyDraft} from '../radius/sign.ts'
import {checkMessageAuthenticator} from '../radius/verify.ts'
import {Secret} from '../secret.ts'
import type {World} from '../world.ts'
import {checkProof} from './check-proof.ts'

/** A user of the fake server. */
export type FakePrimaryUser = {
  readonly password: string
  /** MS-CHAPv2 is told that it must be changed, and may change it; other methods are refused. */
  readonly isExpired?: boolean
  /** Attributes of the Access-Accept. */
  readonly attributes?: readonly Attribute[]
  /** Reply-Message of the Access-Accept, and of the Access-Reject when the password is wrong. */
  readonly acceptMessage?: string
  readonly rejectMessage?: string
  /** Asked one after the other once the password is right; each prompt is one Reply-Message or several. */
  readonly challenges?: readonly {readonly prompts: readonly string[]; readonly answer: string}[]
}

/**
 * - answer: as a server does
 * - silent: takes packets and answers none
 * - wrong-secret: answers, signed with another secret
 */
export type FakePrimaryMode = 'answer' | 'silent' | 'wrong-secret'

export type FakePrimaryOptions = {
  readonly secret: Secret
  readonly users: ReadonlyMap<string, FakePrimaryUser>
  /** Default: 127.0.0.1 and a free port. */
  readonly address?: string
  readonly port?: number
  /** How long each answer is held back. */
  readonly delayMs?: number
  readonly mode?: FakePrimaryMode
  /** Message-Authenticator in replies (default true) and demanded of requests (default false). */
  readonly signReplies?: boolean
  readonly demandSignature?: boolean
  /** Whether it knows Status-Server (RFC 5997); default true. */
  readonly answersStatus?: boolean
  /** Told every request that is understood when it comes in, also retransmissions and those that get no answer. */
  readonly onRequest?: (request: Packet) => void
  /** Told every request that is understood and what was answered, undefined for nothing. */
  readonly onExchange?: (request: Packet, reply: ReplyDraft | undefined) => void
}

/** A RADIUS server that checks passwords, for simulations and tests: binds to loopback unless told otherwise. */
export class FakeRadiusPrimary {
  readonly #options: FakePrimaryOptions
  readonly #world: World
  readonly #key: SharedKey
  readonly #otherKey: SharedKey
  readonly #socket: Socket
  readonly #answered = new Map<string, Buffer | undefined>()
  readonly #challenges = new Map<string, {userName: string; round: number}>()
  readonly #delayed = new Set<() => void>()
  /** New passwords of users who have changed theirs. */
  readonly #changed = new Map<string, string>()
  /** May be changed while it runs. */
  mode: FakePrimaryMode
  delayMs: number
  /** How many requests were understood, retransmissions included. */
  received = 0

  private constructor(options: FakePrimaryOptions, world: World, socket: Socket) {
    this.#options = options
    this.#world = world
    this.#key = sharedKey(options.secret)
    this.#otherKey = sharedKey(new Secret(`not ${options.secret.reveal()}`))
    this.#socket = socket
    this.mode = options.mode ?? 'answer'
    this.delayMs = options.delayMs ?? 0
    socket.on('message', (datagram, {address, port}) => this.#receive(datagram, {address, port}))
  }

  /** Resolves when it listens; rejects when the address or port cannot be had. */
  static async start(options: FakePrimaryOptions, world: World): Promise<FakeRadiusPrimary> {
    const {address = '127.0.0.1', port = 0} = options
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(port, address, () => {
        socket.off('error', reject)
        resolve()
      })
    })
    return new FakeRadiusPrimary(options, world, socket)
  }

  get endpoint(): Endpoint {
    const {address, port} = this.#socket.address()
    return {address, port}
  }

  close(): Promise<void> {
    for (const cancel of this.#delayed) cancel()
    this.#delayed.clear()
    return new Promise((resolve) => this.#socket.close(() => resolve()))
  }

  #receive(datagram: Buffer, from: Endpoint): void {
    const decoded = decodePacket(datagram)
    if (!decoded.ok) return
    const {packet} = decoded
    const signature = checkMessageAuthenticator(datagram, packet, this.#key)
    const unsigned = signature === 'absent' && !this.#options.demandSignature && packet.code !== packetCode.statusServer
    if (signature !== 'valid' && !unsigned) return
    this.received++
    this.#options.onRequest?.(packet)
    if (this.mode === 'silent') return
    // A retransmission gets the same octets, or nothing while the first is being answered (RFC 5080 2.2.2).
    const key = `${from.address} ${from.port} ${packet.identifier} ${packet.authenticator.toString('hex')}`
    if (this.#answered.has(key)) {
      this.#send(this.#answered.get(key), from)
      return
    }
    const draft = this.#decide(packet)
    this.#options.onExchange?.(packet, draft)
    if (draft === undefined) return
    const signer = this.mode === 'wrong-secret' ? this.#otherKey : this.#key
    const encoded = encodeReply(draft, packet, signer, {messageAuthenticator: this.#options.signReplies ?? true})
    if (!encoded.ok) return
    const answer = () => {
      remember(this.#answered, key, encoded.datagram)
      this.#send(encoded.datagram, from)
    }
    if (this.delayMs === 0) {
      answer()
      return
    }
    remember(this.#answered, key, undefined)
    const cancel = this.#world.after(this.delayMs, () => {
      this.#delayed.delete(cancel)
      answer()
    })
    this.#delayed.add(cancel)
  }

  #send(datagram: Buffer | undefined, to: Endpoint): void {
    if (datagram !== undefined) this.#socket.send(datagram, to.port, to.address)
  }

  #decide(request: Packet): ReplyDraft | undefined {
    if (request.code === packetCode.statusServer) {
      return this.#options.answersStatus === false ? undefined : {code: packetCode.accessAccept, attributes: []}
    }
    if (request.code !== packetCode.accessRequest) return undefined
    const userName = findAttribute(request.attributes, 'User-Name')?.value.toString('utf8') ?? ''
    const user = this.#options.users.get(userName)
    const state = firstAttribute(request.attributes, attributeType.state)
    if (user === undefined) return reject(undefined)
    if (state === undefined) return this.#firstAnswer(request, userName, user)
    const hidden = firstAttribute(request.attributes, attributeType.userPassword)
    const password = hidden && revealPassword(hidden, request.authenticator, this.#key)?.toString('utf8')
    const pending = this.#challenges.get(state.toString('hex'))
    this.#challenges.delete(state.toString('hex'))
    const challenge = pending?.userName === userName ? user.challenges?.[pending.round] : undefined
    if (pending === undefined || challenge?.answer !== password) return reject(user.rejectMessage)
    return this.#next(userName, user, pending.round + 1)
  }

  #firstAnswer(request: Packet, userName: string, user: FakePrimaryUser): ReplyDraft {
    const changed = this.#changed.get(userName)
    const known = {
      userName,
      password: changed ?? user.password,
      isExpired: user.isExpired === true && changed === undefined,
    }
    const proof = checkProof(request, this.#key, known)
    const attributes = hideForHop(proof.attributes, request.authenticator, this.#key, this.#world.randomBytes)
    if (proof.kind === 'wrong') return withAttributes(reject(user.rejectMessage), attributes)
    if (proof.kind === 'changed') this.#changed.set(userName, proof.newPassword)
    return withAttributes(this.#next(userName, user, 0), attributes)
  }

  #next(userName: string, user: FakePrimaryUser, round: number): ReplyDraft {
    const challenge = user.challenges?.[round]
    if (challenge === undefined) {
      return {
        code: packetCode.accessAccept,
        attributes: [...replyMessages([user.acceptMessage]), ...(user.attributes ?? [])],
      }
    }
    const state = this.#world.randomBytes(16)
    remember(this.#challenges, state.toString('hex'), {userName, round})
    return {
      code: packetCode.accessChallenge,
      attributes: [{type: attributeType.state, value: state}, ...replyMessages(challenge.prompts)],
    }
  }
}

const REMEMBERED = 1000

/** The oldest entry goes when there are too many. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= REMEMBERED) return
    map.delete(oldest)
  }
}

function withAttributes(draft: ReplyDraft, attributes: readonly Attribute[]): ReplyDraft {
  return {...draft, attributes: [...draft.attributes, ...attributes]}
}

function reject(message: string | undefined): ReplyDraft {
  return {code: packetCode.accessReject, attributes: replyMessages([message])}
}

function replyMessages(texts: readonly (string | undefined)[]): Attribute[] {
  return texts
    .filter((text) => text !== undefined)
    .map((text) => ({type: attributeType.replyMessage, value: Buffer.from(text, 'utf8')}))
}
