import {attributeByName} from '../radius/dictionary.ts'
import {encodeValue} from '../radius/dictionary-value.ts'
import {type Attribute, attributeType, type Endpoint, type Packet, packetCode} from '../radius/packet.ts'
import {SharedKey} from '../radius/shared-key.ts'
import {encodeRequest} from '../radius/sign.ts'
import {Secret} from '../secret.ts'
import type {World} from '../world.ts'
import {changeProof, type FirstProof, proofMakers} from './credentials.ts'
import {type NasSession, papCredentials, requestTemplate, startSession} from './nas-request.ts'
import {type NasProfile, profileByName, profiles} from './profiles.ts'
import type {NamedValue, Scenario, SendChanges, SendStep} from './scenario.ts'

/** A request as a scenario sent it. */
export type SentRequest = {
  readonly label: string
  readonly datagram: Buffer
  readonly header: {readonly identifier: number; readonly authenticator: Buffer}
  readonly key: SharedKey
  readonly from: Endpoint
  readonly session: NasSession
  readonly typed: Buffer
  readonly state: Buffer | undefined
  /** What an Accept must prove, here or after a challenge; undefined where nothing is asked of it. */
  readonly proof: FirstProof | undefined
}

/** A request and the State that its challenge gave. */
export type Challenged = {readonly request: SentRequest; readonly state: Buffer}

export type MadeRequest =
  | {readonly ok: true; readonly request: SentRequest}
  | {readonly ok: false; readonly reason: string}

/** Makes the requests of a scenario as its NAS would, with the changes a step asks for. */
export class ScenarioRequests {
  readonly #world: World
  readonly #scenario: Scenario
  readonly #secret: Buffer
  readonly #profile: NasProfile
  #identifier = 0

  constructor(world: World, scenario: Scenario, secret: Buffer) {
    this.#world = world
    this.#scenario = scenario
    this.#secret = secret
    this.#profile = profileByName(scenario.nas.profile) ?? profiles.ivanti
  }

  make(
    step: SendStep,
    earlier: ReadonlyMap<string, SentRequest>,
    challenged: (label: string) => Challenged | undefined,
  ): MadeRequest {
    const {what, changes} = step
    if (what.kind === 'again') {
      const original = earlier.get(what.of)
      return original === undefined ? noRequest(what.of) : this.#again(step.label, original, changes)
    }
    const sameIdentifier = changes.identifierOf === undefined ? undefined : earlier.get(changes.identifierOf)
    if (changes.identifierOf !== undefined && sameIdentifier === undefined) return noRequest(changes.identifierOf)
    const header = {
      identifier: sameIdentifier?.header.identifier ?? this.#nextIdentifier(),
      authenticator: this.#world.randomBytes(16),
    }
    const key = new SharedKey(changes.secret ?? this.#secret)
    const rest = {label: step.label, key, from: this.#from(changes)}
    if (what.kind === 'raw') {
      const {datagram} = what
      const raw = {identifier: datagram[1] ?? 0, authenticator: Buffer.from(datagram.subarray(4, 20))}
      return {ok: true, request: {...rest, datagram, header: raw, ...this.#nobody()}}
    }
    if (what.kind === 'status-server') {
      const packet = {code: packetCode.statusServer, ...header, attributes: []}
      return this.#encoded(packet, changes, {...rest, ...this.#nobody()}, true)
    }
    const content = this.#content(what, earlier, challenged)
    if (!content.ok) return content
    const {session, typed, state} = content
    // The response is the user's; a NAS that asks again has only the one.
    const own =
      what.kind === 'retry' && state === undefined
        ? content.proof
        : this.#proof(session.userName.toString('utf8'), typed, changes)
    const credentials = own?.credentials ?? papCredentials(typed)
    if (credentials === undefined) return {ok: false, reason: 'a User-Password holds at most 128 octets'}
    const made = this.#attributes(session, credentials(header.authenticator, key), state, changes)
    if (!made.ok) return made
    const packet = {code: packetCode.accessRequest, ...header, attributes: made.attributes}
    const proof = own ?? content.proof
    return this.#encoded(packet, changes, {...rest, session, typed, state, proof}, this.#profile.messageAuthenticator)
  }

  /** Who logs in, what they typed, and the State it answers. */
  #content(
    what: Extract<SendStep['what'], {kind: 'login' | 'answer' | 'retry'}>,
    earlier: ReadonlyMap<string, SentRequest>,
    challenged: (label: string) => Challenged | undefined,
  ): ({ok: true} & Pick<SentRequest, 'session' | 'typed' | 'state' | 'proof'>) | {ok: false; reason: string} {
    if (what.kind === 'login') {
      const session = this.#session(what.userName)
      return {ok: true, session, typed: what.password, state: undefined, proof: undefined}
    }
    if (what.kind === 'retry') {
      const original = earlier.get(what.of)
      return original === undefined ? noRequest(what.of) : {ok: true, ...original}
    }
    const challenge = challenged(what.to)
    if (challenge === undefined) return {ok: false, reason: 'there is no challenge to answer'}
    const {session, proof} = challenge.request
    return {ok: true, session, typed: what.text, state: challenge.state, proof}
  }

  #proof(userName: string, typed: Buffer, {method, newPassword}: SendChanges): FirstProof | undefined {
    const password = new Secret(typed.toString('utf8'))
    if (newPassword !== undefined) {
      const passwords = {old: password, new: new Secret(newPassword.toString('utf8'))}
      return changeProof(userName, passwords, undefined, this.#world)
    }
    return method && proofMakers[method](userName, password, this.#world)
  }

  #again(label: string, original: SentRequest, changes: SendChanges): MadeRequest {
    const from = changes.from === undefined ? original.from : this.#from(changes)
    return {ok: true, request: {...original, label, from}}
  }

  #attributes(
    session: NasSession,
    credentials: readonly Attribute[],
    state: Buffer | undefined,
    changes: SendChanges,
  ): {ok: true; attributes: Attribute[]} | {ok: false; reason: string} {
    const extra: Attribute[] = []
    for (const named of changes.attributes) {
      const made = attributeOf(named)
      if (!made.ok) return made
      extra.push(made.attribute)
    }
    const template = requestTemplate(this.#profile, session, extra)
    if (!template.ok) return template
    const attributes = [...template.before, ...credentials]
    if (state !== undefined) attributes.push({type: attributeType.state, value: state})
    attributes.push(...template.after)
    const left = new Set(changes.without.map((name) => attributeByName(name)?.type))
    const kept = attributes.filter(({type}) => !left.has(type))
    const renamed = kept.map((attribute) =>
      attribute.type === attributeType.userName && changes.userName !== undefined
        ? {type: attribute.type, value: changes.userName}
        : attribute,
    )
    return {ok: true, attributes: renamed}
  }

  #encoded(
    packet: Packet,
    changes: SendChanges,
    rest: Omit<SentRequest, 'datagram' | 'header'>,
    signs: boolean,
  ): MadeRequest {
    const messageAuthenticator = signs && !changes.without.includes('Message-Authenticator')
    const encoded = encodeRequest(packet, rest.key, {messageAuthenticator})
    if (!encoded.ok) return {ok: false, reason: 'the request is too long'}
    const {datagram} = encoded
    // The Message-Authenticator is the first attribute: its value begins behind the header, the type and the length.
    if (changes.forged) datagram[22] = (datagram[22] ?? 0) ^ 1
    return {ok: true, request: {...rest, datagram, header: packet}}
  }

  #nobody(): Pick<SentRequest, 'session' | 'typed' | 'state' | 'proof'> {
    return {session: this.#session(Buffer.from('nobody')), typed: Buffer.alloc(0), state: undefined, proof: undefined}
  }

  #session(userName: Buffer): NasSession {
    return startSession(this.#world, userName, this.#scenario.nas.clientAddress, '192.0.2.10')
  }

  #from(changes: SendChanges): Endpoint {
    const {address} = this.#scenario.nas
    return {address: changes.from?.address ?? address, port: changes.from?.port ?? SOURCE_PORT}
  }

  #nextIdentifier(): number {
    const identifier = this.#identifier
    this.#identifier = (identifier + 1) % 256
    return identifier
  }
}

/** The attribute a scenario line names; a quoted value of a text or of octets stands for its octets. */
export function attributeOf({name, value}: NamedValue): ReturnType<typeof encodeValue> {
  const definition = attributeByName(name)
  const plain = definition?.kind === 'octets' || definition?.kind === 'text'
  if (value.quoted && plain && definition.vendor === undefined && value.octets.length > 0) {
    return {ok: true, attribute: {type: definition.type, value: value.octets}}
  }
  return encodeValue(name, value.text)
}

function noRequest(label: string): {ok: false; reason: string} {
  return {ok: false, reason: `no request has the label "${label}"`}
}

const SOURCE_PORT = 49_152
