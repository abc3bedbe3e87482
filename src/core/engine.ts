import type {Config} from './config/schema.ts'
import {createApiChoices} from './duo/api-choice.ts'
import {createGeneration, type Generation, type Lasting, type ListenerClients} from './engine/generation.ts'
import {Listener, reportSmallBuffer} from './engine/listener.ts'
import {type Memory, openMemory} from './engine/memory.ts'
import {Fault} from './fault.ts'
import type {Log} from './log/log.ts'
import {SealedState} from './login/sealed-state.ts'
import {formatEndpoint} from './network.ts'
import {createRadiusCounters, type RadiusCounters} from './radius/counters.ts'
import {DuplicateCache} from './radius/duplicate-cache.ts'
import type {LatchRecord} from './radius/latch.ts'
import {attributeType, type Endpoint, firstAttribute} from './radius/packet.ts'
import type {SendReply} from './radius/receiver.ts'
import type {ServedRequest} from './radius/served-request.ts'
import {listenUdp, type UdpServer} from './radius/server.ts'
import {pause, type World} from './world.ts'

export type EngineOptions = {
  readonly config: Config
  readonly version: string
  /** Where challenges and latches outlive a restart; undefined keeps them in memory, for a demonstration or a test. */
  readonly stateDir: string | undefined
  /** In a worker: what all workers of the service remember together, in place of the state folder. */
  readonly memory?: Memory
  /** Break-glass: true while logins need the password only. */
  readonly primaryOnly?: () => boolean
  /** Whether logins can work, for `status_server_reflects_health`. */
  readonly isReady?: () => boolean
  readonly log: Log
  readonly world: World
}

export type EngineStatus = {
  readonly sections: readonly string[]
  readonly sockets: readonly string[]
  /** Requests in work, those that wait for a phone included. */
  readonly pendingRequests: number
  readonly pendingPushes: number
  readonly logins: {readonly accept: number; readonly reject: number; readonly challenge: number}
  readonly counters: RadiusCounters
  readonly latches: readonly LatchRecord[]
}

/** A configuration that could be served, its sockets bound, before it is. One of the two is called, once. */
export type PreparedReload = {readonly commit: () => Reloaded; readonly abandon: () => Promise<void>}

/** What a reload came to: the sockets that were opened and closed; the others were left as they are. */
export type Reloaded = {readonly opened: readonly string[]; readonly closed: readonly string[]}

/** The proxy: datagrams in, datagrams out. `serve` gives it sockets, `simulate` hands it datagrams. */
export type Engine = {
  /** Binds every UDP address of the configuration, or none: throws `bind-failed`. Returns their names. */
  start(): Promise<readonly string[]>
  /** Takes a datagram as if it had come in on a listener (the first, when none is named). Does not throw. */
  receive(datagram: Buffer, from: Endpoint, send: SendReply, listener?: string): void
  /** Serves another configuration from now on; logins in work end on the old one. Throws a Fault and changes nothing. */
  reload(config: Config): Promise<Reloaded>
  /** The first half of a reload, where several processes have to agree on the second. Throws as `reload` does. */
  prepare(config: Config): Promise<PreparedReload>
  status(): EngineStatus
  /** Takes no new logins and waits for those in work, `DRAIN_MS` at most. */
  drain(): Promise<void>
  /** Drains, and closes everything. Returns how many logins did not end. */
  stop(): Promise<number>
}

type Listening = {readonly listener: Listener; readonly plan: ListenerClients; server: UdpServer | undefined}

/** A push lives 60 s; logins that wait for one are given that and a margin (decisions: reload, drain). */
export const DRAIN_MS = 70_000

/** Connects the rooms. The one place that knows them all. */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const {log, world} = options
  const {main} = options.config
  const memory = options.memory ?? (await openMemory(options.stateDir, main, log, world))
  const {store, latches} = memory
  const counters = createRadiusCounters()
  const isReady = options.isReady ?? (() => true)
  const answersStatus = () => !generation.config.main.status_server_reflects_health || isReady()
  const shared = {latches, duplicates: new DuplicateCache(world), counters, answersStatus, log}
  const lasting: Lasting = {
    store,
    states: new SealedState(memory.keys, store, world, memory.refuseSealedBeforeMs, memory.instance),
    guards: memory.guards,
    joins: memory.joins,
    apiChoices: createApiChoices(log, world),
    latches,
    primaryOnly: options.primaryOnly ?? (() => false),
    version: options.version,
    log,
    world,
  }
  let generation = await createGeneration(options.config, lasting)
  const listeners = new Map<string, Listening>()
  for (const plan of generation.listeners) listeners.set(nameOf(plan), newListener(plan, generation))
  let started = false
  let draining: Promise<void> | undefined

  function newListener(plan: ListenerClients, {service}: Generation): Listening {
    const name = nameOf(plan)
    const listener = new Listener(name, plan.clients, admitting(service), memory.places(name), shared)
    return {listener, plan, server: undefined}
  }

  /** While the proxy drains, a new login is better tried at the NAS's other server; a challenge's answer may still end here. */
  function admitting(service: Generation['service']): Generation['service'] {
    return (request: ServedRequest) =>
      draining !== undefined && firstAttribute(request.packet.attributes, attributeType.state) === undefined
        ? Promise.resolve('silent')
        : service(request)
  }

  async function bind(entry: Listening): Promise<void> {
    const {interface: address, port} = entry.plan
    const {receiver} = entry.listener
    entry.server = await listenUdp({
      log,
      interface: address,
      port,
      shared: options.memory !== undefined,
      receive: (datagram, from, send) => receiver.receive(datagram, from, send),
    })
    for (const socket of entry.server.sockets) reportSmallBuffer(socket, log)
  }

  /** The old configuration's logins end on it; then, or when they are overdue, it is taken down. */
  async function retire(old: Generation, removed: readonly {server: UdpServer | undefined}[]): Promise<void> {
    const overdue = new AbortController()
    await Promise.race([old.idle(), pause(world, DRAIN_MS, overdue.signal)])
    overdue.abort()
    await Promise.all([...removed.map(({server}) => server?.close()), old.close()])
  }

  async function prepare(config: Config): Promise<PreparedReload> {
    const next = await createGeneration(config, lasting)
    const wanted = new Map(next.listeners.map((plan) => [nameOf(plan), plan]))
    const added = [...wanted].filter(([name]) => !listeners.has(name)).map(([, plan]) => newListener(plan, next))
    const abandon = async () => {
      await Promise.all([...added.map(({server}) => server?.close()), next.close()])
    }
    try {
      if (started) for (const entry of added) await bind(entry)
    } catch (error) {
      await abandon()
      throw error
    }
    return {commit, abandon}

    function commit(): Reloaded {
      const old = generation
      generation = next
      const removed: {server: UdpServer | undefined; name: string}[] = []
      for (const [name, {listener, server}] of [...listeners]) {
        const plan = wanted.get(name)
        if (plan === undefined) {
          listeners.delete(name)
          removed.push({server, name})
        } else listener.exchange(plan.clients, admitting(next.service))
      }
      for (const entry of added) listeners.set(entry.listener.name, entry)
      void next.warmUp()
      void retire(old, removed)
      return {opened: added.map(({listener}) => listener.name), closed: removed.map(({name}) => name)}
    }
  }

  function drain(): Promise<void> {
    draining ??= untilDrained()
    return draining
  }

  async function untilDrained(): Promise<void> {
    const overdue = new AbortController()
    const idle = Promise.all([...listeners.values()].map(({listener}) => listener.receiver.idle()))
    await Promise.race([idle, pause(world, DRAIN_MS, overdue.signal)])
    overdue.abort()
  }

  const pending = () => [...listeners.values()].reduce((sum, {listener}) => sum + listener.receiver.pending, 0)

  return {
    async start() {
      if (listeners.size === 0) {
        throw new Fault('config-invalid', 'the configuration has no section that this release serves', {
          hint: 'add a [radius_server_challenge] section; "authproxy validate --sample" prints one',
        })
      }
      try {
        for (const entry of listeners.values()) await bind(entry)
      } catch (error) {
        await Promise.all([...listeners.values()].map(({server}) => server?.close()))
        throw error
      }
      started = true
      await generation.warmUp()
      return [...listeners.values()].flatMap(socketNames)
    },

    receive(datagram, from, send, name) {
      const entry = name === undefined ? listeners.values().next().value : listeners.get(name)
      entry?.listener.receiver.receive(datagram, from, send)
    },

    reload: async (config) => (await prepare(config)).commit(),
    prepare,
    drain,

    status: () => ({
      sections: generation.config.sections.map(({name}) => name),
      sockets: [...listeners.values()].flatMap(socketNames),
      pendingRequests: pending(),
      pendingPushes: memory.pendingPushes(),
      logins: {accept: counters.accepts, reject: counters.rejects, challenge: counters.challenges},
      counters,
      latches: latches.list(),
    }),

    async stop() {
      await drain()
      const unfinished = pending()
      await Promise.all([...listeners.values()].map(({server}) => server?.close()))
      // The journal closes before the waits are aborted: what has not ended here may be finished after a restart.
      await store.close()
      latches.close()
      await generation.close()
      return unfinished
    },
  }
}

function socketNames({server}: Listening): string[] {
  return (server?.sockets ?? []).map(formatEndpoint)
}

function nameOf({interface: address, port}: ListenerClients): string {
  return `${address ?? '*'}:${port}`
}
