import {decodePacket} from '../radius/codec.ts'
import {msChapErrorCode} from '../radius/ms-chap.ts'
import {type Attribute, allAttributes, attributeType, type Packet, packetCode} from '../radius/packet.ts'
import {type SharedKey, sharedKey} from '../radius/shared-key.ts'
import type {Secret} from '../secret.ts'
import type {World} from '../world.ts'
import {changeProof, type LoginMethod, proofMakers} from './credentials.ts'
import {accessRequest, type Credentials, papCredentials, requestTemplate, startSession} from './nas-request.ts'
import type {NasProfile} from './profiles.ts'
import {type Exchanged, type ExchangePolicy, type LineObserver, RequestLine} from './request-line.ts'
import type {Transport} from './transport.ts'

/** What a person sees when the gateway asks again: each Reply-Message, in order. */
export type Prompt = {readonly round: number; readonly messages: readonly string[]}

export type LoginAttempt = {
  readonly userName: string
  readonly password: Secret
  /** What an MS-CHAPv2 user changes an expired password to; undefined when they do not. */
  readonly newPassword?: Secret
  /** The user's own address, told to the proxy as the profile does it. */
  readonly clientAddress: string | undefined
  /** Attributes beside those of the profile, or in their place. */
  readonly extra: readonly Attribute[]
  /** What the user types at a challenge; undefined when they give up. */
  readonly answer: (prompt: Prompt) => Promise<Secret | undefined>
  /** Told of each round when it has ended, before the next one begins. */
  readonly onRound?: (round: Round) => void
}

/** One request and what came of it. */
export type Round = Exchanged & {
  /** The request as it went out. */
  readonly sent: Packet
  /** 0 is the first server. */
  readonly server: number
}

export type LoginOutcome = 'accept' | 'reject' | 'no-reply' | 'error'

export type LoginReport = {
  readonly outcome: LoginOutcome
  readonly rounds: readonly Round[]
  readonly elapsedMs: number
  /** Why there is no answer to the login: a challenge nobody answered, a request that cannot be sent. */
  readonly problem: string | undefined
}

export type NasOptions = {
  readonly world: World
  readonly profile: NasProfile
  readonly secret: Secret
  /** What it says its own address is. */
  readonly address: string
  readonly policy: ExchangePolicy
  /** One for each server, the preferred one first; the NAS goes on to the next when one does not answer. */
  readonly servers: readonly (() => Promise<Transport>)[]
  readonly method: LoginMethod
  readonly observer?: LineObserver
}

const MAX_ROUNDS = 20

/** A gateway that lets users in when the RADIUS server says so. Many logins may run at once. */
export class Nas {
  readonly #options: NasOptions
  readonly #key: SharedKey
  readonly #lines: RequestLine[][]
  readonly #opening: (Promise<Transport> | undefined)[] = []

  constructor(options: NasOptions) {
    this.#options = options
    this.#key = sharedKey(options.secret)
    this.#lines = options.servers.map(() => [])
  }

  /** Replies that came after their request had been given up. */
  get late(): number {
    return this.#lines.flat().reduce((sum, line) => sum + line.late, 0)
  }

  /** One login, with all its rounds. Never throws for what a server or user may do. */
  async login(attempt: LoginAttempt): Promise<LoginReport> {
    const {world, profile, address} = this.#options
    const startedMs = world.monotonicMs()
    const rounds: Round[] = []
    const report = (outcome: LoginOutcome, problem?: string): LoginReport => {
      return {outcome, rounds, elapsedMs: world.monotonicMs() - startedMs, problem}
    }
    const session = startSession(world, Buffer.from(attempt.userName, 'utf8'), attempt.clientAddress, address)
    const template = requestTemplate(profile, session, attempt.extra)
    if (!template.ok) return report('error', template.reason)
    let proof = proofMakers[this.#options.method](attempt.userName, attempt.password, world)
    let {credentials} = proof
    let state: Buffer | undefined
    let hasChanged = false
    for (let round = 1; round <= MAX_ROUNDS; round++) {
      if (credentials === undefined) return report('error', 'a User-Password holds at most 128 octets')
      const asked = await this.#ask(template, credentials, state)
      if (typeof asked === 'string') return report('error', asked)
      rounds.push(asked)
      attempt.onRound?.(asked)
      const reply = asked.reply?.packet
      if (reply === undefined) return report('no-reply')
      if (reply.code === packetCode.accessAccept) {
        const problem = proof.problemOf(reply, asked.sent.authenticator, this.#key)
        return problem === undefined ? report('accept') : report('error', problem)
      }
      if (reply.code === packetCode.accessReject) {
        const {userName, password, newPassword} = attempt
        if (newPassword === undefined || hasChanged || msChapErrorCode(reply.attributes) !== 648)
          return report('reject')
        hasChanged = true
        proof = changeProof(userName, {old: password, new: newPassword}, reply, world)
        credentials = proof.credentials
        state = undefined
        continue
      }
      if (reply.code !== packetCode.accessChallenge) return report('error', `the reply has the code ${reply.code}`)
      state = allAttributes(reply.attributes, attributeType.state)[0]
      const answer = await attempt.answer({round, messages: replyMessages(reply)})
      if (answer === undefined) return report('error', 'the challenge was not answered')
      credentials = papCredentials(Buffer.from(answer.reveal(), 'utf8'))
    }
    return report('error', `the server asked ${MAX_ROUNDS} times`)
  }

  async close(): Promise<void> {
    await Promise.all(this.#lines.flat().map((line) => line.close()))
  }

  /** Asks one server after another; a new server gets a new Identifier and authenticator, as it must (RFC 2865 3). */
  async #ask(
    template: Parameters<typeof accessRequest>[0],
    credentials: Credentials,
    state: Buffer | undefined,
  ): Promise<Round | string> {
    let last: Round | undefined
    for (const server of this.#options.servers.keys()) {
      let line = this.#freeLine(server)
      while (line === undefined) {
        await this.#openLine(server)
        line = this.#freeLine(server)
      }
      let problem = ''
      const exchanged = await line.exchange((header) => {
        const built = accessRequest(template, header, this.#key, credentials, {
          messageAuthenticator: this.#options.profile.messageAuthenticator,
          state,
        })
        if (built.ok) return built.datagram
        problem = built.reason
        return undefined
      }, this.#options.policy)
      const sent = exchanged === undefined ? undefined : decodePacket(exchanged.request)
      if (exchanged === undefined || !sent?.ok) return problem
      last = {...exchanged, sent: sent.packet, server}
      if (last.reply !== undefined) break
    }
    return last ?? 'there is no server to ask'
  }

  /** Opens another port of this NAS when all 256 Identifiers of each are out. */
  async #openLine(server: number): Promise<void> {
    const open = this.#options.servers[server]
    if (open === undefined) throw new Error(`no server ${server}`)
    this.#opening[server] ??= open()
    const transport = await this.#opening[server]
    // Whoever waited for the same port comes back to find it here.
    if (this.#opening[server] === undefined) return
    this.#opening[server] = undefined
    this.#lines[server]?.push(new RequestLine(this.#options.world, transport, this.#key, this.#options.observer))
  }

  #freeLine(server: number): RequestLine | undefined {
    return this.#lines[server]?.find((line) => line.free > 0)
  }
}

/** Reply-Messages as text; octets that are no UTF-8 show as replacement characters. */
export function replyMessages(packet: Packet): string[] {
  return allAttributes(packet.attributes, attributeType.replyMessage).map((value) => value.toString('utf8'))
}
