import type {Config} from '../config/schema.ts'
import type {ApiChoices} from '../duo/api-choice.ts'
import type {DuoSecondFactor} from '../duo/second-factor.ts'
import type {Log} from '../log/log.ts'
import {createExchange, type RequestReading} from '../login/exchange.ts'
import type {LoginGuards} from '../login/guards.ts'
import type {PrimaryAuthenticator} from '../login/primary-authenticator.ts'
import type {SealedState} from '../login/sealed-state.ts'
import type {Joins} from '../login/shared-work.ts'
import type {StateStore} from '../login/state-store.ts'
import {createNoPrimary} from '../primary/none.ts'
import type {RadiusClient} from '../radius/client-table.ts'
import {findAttribute} from '../radius/dictionary-lookup.ts'
import {decodeValue} from '../radius/dictionary-value.ts'
import type {LatchStore} from '../radius/latch.ts'
import {readChapResponse, withMsChapError} from '../radius/ms-chap.ts'
import {attributeType, firstAttribute} from '../radius/packet.ts'
import {hideForHop, passing} from '../radius/pass-through.ts'
import {revealPassword} from '../radius/password.ts'
import type {ServedRequest, Service, ServiceReply, Unanswered} from '../radius/served-request.ts'
import {sharedKey} from '../radius/shared-key.ts'
import {textCodec} from '../radius/text-codec.ts'
import {Endings, type World} from '../world.ts'
import {loginPolicy, modeOf} from './modes.ts'
import {createPrimary, isClientSection} from './primaries.ts'
import {createSecondFactor} from './second-factors.ts'
import {clientOf, isServedServer, type ServerSection} from './served-sections.ts'
import {tracedService} from './traced-service.ts'

/** What outlives a reload: all generations of a process share it. */
export type Lasting = {
  readonly store: StateStore
  readonly states: SealedState
  readonly latches: LatchStore
  readonly primaryOnly: () => boolean
  /** What is known of users and addresses; left out, each generation starts with nothing. */
  readonly guards: LoginGuards
  /** Left out where one process does all the work. */
  readonly joins?: Joins | undefined
  /** Which of Duo's APIs has worked: once the modern one has, no reload makes it doubtful again. */
  readonly apiChoices: ApiChoices
  readonly version: string
  readonly log: Log
  readonly world: World
}

/** The clients of one UDP address: sections on the same port and interface share it. */
export type ListenerClients = {
  readonly interface: string | undefined
  readonly port: number
  readonly clients: readonly RadiusClient[]
}

/** Everything one configuration stands for. A reload makes a new one; the old one closes when its logins have ended. */
export type Generation = {
  readonly config: Config
  readonly listeners: readonly ListenerClients[]
  readonly service: Service
  /** Does ahead of the first login what would make it wait. */
  readonly warmUp: () => Promise<void>
  /** Resolves when no login is in work. */
  readonly idle: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Pushes that can be pending at once for each server section. */
const PENDING_PUSHES = 2000

type Exchange = ReturnType<typeof createExchange>

/** Builds the rooms a configuration asks for. Throws a `Fault` for what cannot be worked with; opens no listener. */
export async function createGeneration(config: Config, lasting: Lasting): Promise<Generation> {
  const {log, world} = lasting
  /** The requests in work. */
  const endings = new Endings()
  const {guards} = lasting
  const primaries = new Map<string, PrimaryAuthenticator>()
  for (const section of config.sections.filter(isClientSection)) {
    primaries.set(section.name, await createPrimary(section, lasting))
  }
  const secondFactors: DuoSecondFactor[] = []
  const exchanges = new Map<string, Exchange>()
  for (const section of config.sections.filter(isServedServer)) {
    const client = clientOf(section)
    const primary = client === undefined ? createNoPrimary(section.name) : primaries.get(client)
    if (primary === undefined) continue
    const secondFactor = createSecondFactor(section, about(lasting, config), log, world)
    secondFactors.push(secondFactor)
    const {store, states, joins, primaryOnly} = lasting
    const policy = loginPolicy(section, config)
    const parts = {policy, primary, secondFactor, states, store, guards, joins, primaryOnly, log, world}
    exchanges.set(
      section.name,
      createExchange(modeOf(section, config, parts), policy, requestReading(section), log, world),
    )
  }

  const whenIdle: (() => void)[] = []

  /** Until it ends or the generation is closed. */
  async function inWork<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const {signal, release} = endings.begin()
    try {
      return await work(signal)
    } finally {
      release()
      if (endings.size === 0) for (const resolve of whenIdle.splice(0)) resolve()
    }
  }

  async function answer(request: ServedRequest, signal: AbortSignal): Promise<ServiceReply | Unanswered> {
    const exchange = exchanges.get(request.client.section)
    if (exchange === undefined) return 'silent'
    const {packet, client, from, identified} = request
    const hidden = firstAttribute(packet.attributes, attributeType.userPassword)
    const password = hidden && revealPassword(hidden, packet.authenticator, client.key)
    // RFC 2865 4.1 allows one of them; a password that is there is checked.
    const chap = hidden === undefined ? readChapResponse(packet) : undefined
    const reply = await exchange({packet, from, clientEntry: client.name, password, chap, identified}, signal)
    if (typeof reply === 'string') return reply
    const told = chap === undefined ? reply.attributes : withMsChapError(reply, chap)
    const attributes = hideForHop(told, packet.authenticator, client.key, world.randomBytes)
    return {code: reply.code, attributes, login: reply.login, unread: reply.unread}
  }

  const service: Service = (request) => inWork((signal) => answer(request, signal))
  return {
    config,
    listeners: listenersOf(config.sections.filter(isServedServer).filter(({name}) => exchanges.has(name))),
    service: config.main.debug ? tracedService(service, log) : service,
    idle: () => (endings.size === 0 ? Promise.resolve() : new Promise((resolve) => whenIdle.push(resolve))),
    async warmUp() {
      await Promise.all(secondFactors.map((secondFactor) => secondFactor.warmUp()))
    },
    async close() {
      endings.end(new Error('the proxy is stopping'))
      await Promise.all([...primaries.values(), ...secondFactors].map((part) => part.close()))
    },
  }
}

function about({version, apiChoices}: Lasting, config: Config) {
  const names = config.sections.map(({name}) => name).sort()
  return {userAgent: `authproxy/${version} (${names.join(', ')})`, connections: PENDING_PUSHES, apiChoices}
}

function requestReading({options}: ServerSection): RequestReading {
  const {client_ip_attr: name} = options
  return {
    decodePassword: textCodec(options.pw_codec).decode,
    clientAddressAttribute:
      name === undefined
        ? undefined
        : (attributes) => {
            const found = findAttribute(attributes, name)
            return found && decodeValue(found)
          },
    forwarded: passing(options.pass_through_all ? 'all' : (options.pass_through_attr_names ?? [])),
  }
}

export function listenersOf(sections: readonly ServerSection[]): ListenerClients[] {
  const listeners = new Map<string, {interface: string | undefined; port: number; clients: RadiusClient[]}>()
  for (const {name, options} of sections) {
    const key = `${options.interface ?? '*'} ${options.port}`
    const listener = listeners.get(key) ?? {interface: options.interface, port: options.port, clients: []}
    listeners.set(key, listener)
    for (const {network, secret} of options.radius_ip) {
      listener.clients.push({
        name: network.text,
        section: name,
        network,
        key: sharedKey(secret),
        requireMessageAuthenticator: options.force_message_authenticator
          ? 'yes'
          : options.require_message_authenticator,
        limitProxyState: options.limit_proxy_state,
        loginsPerSecond: options.client_logins_per_second,
      })
    }
  }
  return [...listeners.values()]
}
