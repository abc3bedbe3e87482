// A network that loses 30 % of the packets both ways, doubles 30 %, lets 30 % be overtaken and delays all of them.
import assert from 'node:assert/strict'
import {createSocket} from 'node:dgram'
import {after, before, test} from 'node:test'
import {Secret} from '../../src/core/secret.ts'
import type {LoginReport, Nas} from '../../src/core/simulate/nas.ts'
import {Relay} from '../support/relay.ts'
import {freeUdpPort, password, ServedProxy} from '../support/serve-process.ts'
import {assertSound, held, untilIdle} from '../support/soundness.ts'

const kinds = {
  approve: {answer: 'push', outcome: 'accept', pushes: 1},
  deny: {answer: 'push', outcome: 'reject', pushes: 1},
  passcode: {answer: '123456', outcome: 'accept', pushes: 0},
  stranger: {answer: 'push', outcome: 'reject', pushes: 0},
} as const

type Kind = keyof typeof kinds

const LOGINS_OF_A_WAVE = 40
const WAVES = 3

let proxy: ServedProxy
let relay: Relay
let nas: Nas
let metricsPort = 0

before(async () => {
  metricsPort = await freeUdpPort()
  const named = (name: string) => Array.from({length: LOGINS_OF_A_WAVE * WAVES}, (_, number) => `${name}${number}`)
  const phones = [{number: '+15555551234'}]
  proxy = await ServedProxy.start({
    users: [
      ...named('approve').map((userName) => ({userName, phones, answer: 'approve' as const, answerAfterMs: 500})),
      ...named('deny').map((userName) => ({userName, phones, answer: 'deny' as const, answerAfterMs: 500})),
      ...named('passcode').map((userName) => ({userName, phones, passcodes: ['123456']})),
    ],
    main: [`metrics_listen=127.0.0.1:${metricsPort}`],
  })
  const faults = {loss: 0.3, duplication: 0.3, reorder: 0.3, delayMs: 5, jitterMs: 100}
  relay = await Relay.open([proxy.endpoint], faults)
  nas = proxy.nas(relay.endpoint, {timeoutMs: 500, retries: 60})
})
after(async () => {
  await nas.close()
  await relay.close()
  await proxy.close()
})

function login(userName: string, answer: string): Promise<LoginReport> {
  return nas.login({
    userName,
    password: new Secret(password),
    clientAddress: undefined,
    extra: [],
    answer: async () => new Secret(answer),
  })
}

async function wave(number: number): Promise<void> {
  const names = Object.keys(kinds).filter((name): name is Kind => name in kinds)
  await Promise.all(
    Array.from({length: LOGINS_OF_A_WAVE}, async (_, at) => {
      const kind = names[at % names.length] ?? 'approve'
      const userName = `${kind}${number * LOGINS_OF_A_WAVE + at}`
      const {answer, outcome, pushes} = kinds[kind]
      const report = await login(userName, answer)
      assert.equal(report.outcome, outcome, userName)
      await assertSound([proxy], userName, report, {passcode: kind === 'passcode'})
      assert.equal(proxy.cloud.pushes.filter((push) => push.userName === userName).length, pushes, userName)
    }),
  )
}

test('every login is answered, rightly, with one push where one was asked for', async () => {
  await wave(0)
  assert.ok(relay.counts.lost > 20 && relay.counts.duplicated > 20, JSON.stringify(relay.counts))
})

test('what logins have held is given back: a second and a third wave hold no more than the first', async () => {
  const first = await untilIdle(metricsPort)
  for (let number = 1; number < WAVES; number++) await wave(number)
  const last = await untilIdle(metricsPort)
  assert.deepEqual([last.pendingRequests, last.pendingPushes], [0, 0])
  assert.ok(last.udpSockets <= first.udpSockets, `${first.udpSockets} UDP sockets, then ${last.udpSockets}`)
  // A kept connection to Duo may have a timer; a login may have left none.
  assert.ok(last.timers <= first.timers + 2, `${first.timers} timers, then ${last.timers}`)
})

test('a flood of garbage and of strangers: the login at the factor ends in Accept, and the process is as it was', async () => {
  const before = await held(metricsPort)
  let flooding: Promise<void> | undefined
  const {outcome} = await proxy.login(`approve${LOGINS_OF_A_WAVE * WAVES - 1}`, async () => {
    flooding = flood(20_000)
    return 'push'
  })
  await flooding
  assert.equal(outcome, 'accept')
  const after = await untilIdle(metricsPort)
  assert.ok(after.udpSockets <= before.udpSockets)
})

/** From the gateway's own address: every other one could be a request, but its signature is wrong. */
async function flood(packets: number): Promise<void> {
  const socket = createSocket('udp4')
  const known = Buffer.from(`01010030${'00'.repeat(44)}`, 'hex')
  for (let number = 0; number < packets; number++) {
    known[1] = number & 0xff
    known.writeUInt32BE(number, 4)
    socket.send(number % 2 === 0 ? known : Buffer.alloc(number % 64, number), proxy.port, '127.0.0.1')
    if (number % 500 === 0) await new Promise(setImmediate)
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()))
}
