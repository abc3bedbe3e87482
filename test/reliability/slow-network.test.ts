// A network that loses 30 % of the packets, doubles 30 %, and takes up to five seconds for each, so that they overtake one
// another: in a world whose clock goes from one timer to the next. Everything between the gateway's and the proxy's
// datagrams is the product's own; the password check and Duo are doubles.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {createExchange} from '../../src/core/login/exchange.ts'
import {ClientTable} from '../../src/core/radius/client-table.ts'
import {createRadiusCounters} from '../../src/core/radius/counters.ts'
import {DuplicateCache} from '../../src/core/radius/duplicate-cache.ts'
import {LatchMemory} from '../../src/core/radius/latch.ts'
import {attributeType, firstAttribute} from '../../src/core/radius/packet.ts'
import {revealPassword} from '../../src/core/radius/password.ts'
import {Receiver} from '../../src/core/radius/receiver.ts'
import {RequestPlaces} from '../../src/core/radius/request-places.ts'
import {sharedKey} from '../../src/core/radius/shared-key.ts'
import {Secret} from '../../src/core/secret.ts'
import {Nas} from '../../src/core/simulate/nas.ts'
import {profiles} from '../../src/core/simulate/profiles.ts'
import type {Transport, TransportListener} from '../../src/core/simulate/transport.ts'
import {client} from '../radius/support.ts'
import {Doubles, Node} from '../support/login-parts.ts'
import {ManualWorld} from '../support/manual-world.ts'

const LOSS = 0.3
const DUPLICATION = 0.3
const LONGEST_MS = 5000
/** The second gateway uses its Identifiers again while copies of the requests they stood for are on their way. */
const gateways = [
  {name: 'a gateway', logins: 120, betweenMs: 250, seeds: 8},
  {name: 'a gateway in a hurry', logins: 400, betweenMs: 15, seeds: 3},
] as const
const HOUR_MS = 3_600_000

const nasSecret = new Secret('test-secret-not-real')
const right = 'password-not-real'

/** What the user does, and what must come of it; the phone is answered after this time. */
const kinds = [
  {name: 'approve', password: right, answer: 'push', outcome: 'accept', pushes: 1, phoneMs: 4000},
  {name: 'late', password: right, answer: '1', outcome: 'accept', pushes: 1, phoneMs: 45_000},
  {name: 'deny', password: right, answer: 'push', outcome: 'reject', pushes: 1, phoneMs: 4000},
  {name: 'passcode', password: right, answer: '123456', outcome: 'accept', pushes: 0, phoneMs: 0},
  {name: 'wrong', password: 'wrong-not-real', answer: 'push', outcome: 'reject', pushes: 0, phoneMs: 0},
] as const

for (const {name, logins, betweenMs, seeds} of gateways) {
  for (let seed = 0; seed < seeds; seed++) {
    test(`${name}: every login ends as its user wants, with one push and one try of the password (seed ${seed})`, async () => {
      const site = new Site(`seed ${seed}`)
      const reports = Array.from({length: logins}, (_, number) => site.login(number, number * betweenMs))
      await site.untilDone(Promise.all(reports))
      for (let number = 0; number < logins; number++) {
        const {name: kind, outcome, pushes} = kindOf(number)
        const userName = `${kind}${number}`
        assert.equal((await reports[number])?.outcome, outcome, userName)
        assert.equal(site.pushes.get(userName) ?? 0, pushes, userName)
        const tries = site.doubles.primaryCalls.filter((call) => call.userName === userName).length
        assert.equal(tries, 1, userName)
      }
      assert.ok(site.lost > logins && site.doubled > logins, `${site.lost} lost, ${site.doubled} doubled`)
      await site.close()
      site.world.advance(HOUR_MS)
      assert.deepEqual([site.receiver.pending, site.world.pendingTimers], [0, 0])
    })
  }
}

function kindOf(number: number): (typeof kinds)[number] {
  return kinds[number % kinds.length] ?? kinds[0]
}

/** A gateway, the network, the proxy, and what is behind it. */
class Site {
  readonly world: ManualWorld
  readonly doubles = new Doubles()
  readonly pushes = new Map<string, number>()
  readonly receiver: Receiver
  readonly #nas: Nas
  readonly #ending = new AbortController()
  #nextPort = 40_000
  lost = 0
  doubled = 0

  constructor(seed: string) {
    this.world = new ManualWorld({seed})
    this.#teach()
    this.receiver = this.#proxy()
    this.#nas = new Nas({
      world: this.world,
      profile: profiles.ivanti,
      secret: nasSecret,
      address: '192.0.2.1',
      policy: {timeoutMs: 3000, retries: 60},
      servers: [async () => this.#transport()],
      method: 'pap',
    })
  }

  async login(number: number, afterMs: number) {
    const {name, password, answer} = kindOf(number)
    await this.#pass(afterMs)
    return this.#nas.login({
      userName: `${name}${number}`,
      password: new Secret(password),
      clientAddress: undefined,
      extra: [],
      answer: async () => new Secret(answer),
    })
  }

  /** Goes from timer to timer, and lets what each one starts come to rest. */
  async untilDone(work: Promise<unknown>): Promise<void> {
    let done = false
    const ended = work.finally(() => {
      done = true
    })
    while (!done) {
      this.world.advance(this.world.nextTimerMs ?? 1)
      await new Promise(setImmediate)
    }
    await ended
  }

  async close(): Promise<void> {
    await this.#nas.close()
    // What is still on its way arrives, and comes to nothing.
    this.world.advance(LONGEST_MS)
    await new Promise(setImmediate)
    this.#ending.abort()
  }

  #teach(): void {
    const {doubles} = this
    doubles.primary = ({credentials}) =>
      credentials.kind === 'password' && credentials.password.reveal() === right
        ? {kind: 'accept', message: '', attributes: []}
        : {kind: 'reject', message: 'no', reason: 'wrong-password', detail: undefined, attributes: []}
    doubles.begin = ({userName, choice}) => {
      if (choice === '123456') return {kind: 'allow', message: ''}
      this.pushes.set(userName, (this.pushes.get(userName) ?? 0) + 1)
      return {kind: 'pending', transactionId: userName, notice: undefined}
    }
    doubles.result = async (userName) => {
      const kind = kinds.find(({name}) => userName.startsWith(name)) ?? assert.fail(userName)
      await this.#pass(kind.phoneMs)
      return kind.outcome === 'accept'
        ? {kind: 'allow', message: ''}
        : {kind: 'deny', message: 'denied', reason: 'denied'}
    }
  }

  #proxy(): Receiver {
    const {world} = this
    const node = new Node(this.doubles, {world})
    const {mode, parts, log} = node
    const reading = {
      decodePassword: (octets: Buffer) => octets.toString('utf8'),
      clientAddressAttribute: undefined,
      forwarded: () => [],
    }
    const exchange = createExchange(mode, parts.policy, reading, log, world)
    return new Receiver({
      log,
      listener: '0.0.0.0:1812',
      clients: new ClientTable([client({network: '192.0.2.1', key: sharedKey(nasSecret)})]),
      duplicates: new DuplicateCache(world),
      latches: new LatchMemory(world),
      counters: createRadiusCounters(),
      answersStatus: () => true,
      places: new RequestPlaces(world, {all: 1000, newLogins: 1000, newLoginsOfOne: 1000}),
      service: ({packet, client: {name, key}, from, identified}) => {
        const hidden = firstAttribute(packet.attributes, attributeType.userPassword)
        const password = hidden && revealPassword(hidden, packet.authenticator, key)
        const request = {packet, from, clientEntry: name, password, chap: undefined, identified}
        return exchange(request, this.#ending.signal)
      },
    })
  }

  #transport(): Transport {
    const from = {address: '192.0.2.1', port: this.#nextPort++}
    let listener: TransportListener | undefined
    return {
      send: (datagram) => {
        const reply = (answer: Buffer) => this.#carry(() => listener?.received(answer))
        this.#carry(() => this.receiver.receive(Buffer.from(datagram), from, reply))
      },
      listen: (added) => {
        listener = added
      },
      close: async () => {
        listener = undefined
      },
    }
  }

  #carry(deliver: () => void): void {
    if (this.#chance() < LOSS) {
      this.lost++
      return
    }
    const isDoubled = this.#chance() < DUPLICATION
    if (isDoubled) this.doubled++
    for (let copy = isDoubled ? 2 : 1; copy > 0; copy--) this.world.after(this.#chance() * LONGEST_MS, deliver)
  }

  /** From 0 on, below 1. */
  #chance(): number {
    return this.world.randomBytes(4).readUInt32BE(0) / 2 ** 32
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.world.after(ms, resolve))
  }
}
