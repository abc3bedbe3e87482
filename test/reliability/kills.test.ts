// The built program, killed at every step of a login that a process can see from outside, while the gateway goes on asking.
import assert from 'node:assert/strict'
import {after, before, test} from 'node:test'
import {Secret} from '../../src/core/secret.ts'
import type {CloudCall} from '../../src/core/simulate/duo-cloud.ts'
import type {LoginReport} from '../../src/core/simulate/nas.ts'
import type {ExchangePolicy} from '../../src/core/simulate/request-line.ts'
import {password, ServedProxy} from '../support/serve-process.ts'
import {assertSound} from '../support/soundness.ts'

/** Called for every request that reaches a fake. */
let onCloud: (call: CloudCall) => void = () => {}
let onPrimary = () => {}
let proxy: ServedProxy

const PASSCODE = '135791'

const steps = [
  'while the password is checked',
  'while Duo is asked what the user may choose',
  'while the push is asked for',
  'as soon as the push is out',
  'while the result is waited for',
] as const

before(async () => {
  const phones = [{number: '+15555551234'}]
  proxy = await ServedProxy.start({
    users: steps.flatMap((step) => [
      {userName: step, phones, answer: 'approve', answerAfterMs: phoneMs(step)},
      {userName: twice(step), phones, answer: isOutAt(step) ? 'wait' : 'approve', passcodes: [PASSCODE]},
    ]),
    client: ['retries=1', 'retry_wait=1'],
    cloud: {onArrival: (call) => onCloud(call)},
    onPrimaryRequest: () => onPrimary(),
  })
})
after(() => proxy.close())

type KilledAt = (typeof steps)[number]

function isOutAt(step: KilledAt): boolean {
  return step === 'as soon as the push is out' || step === 'while the result is waited for'
}

/** A push that is out when the process is killed is still out when the next one serves. */
function phoneMs(step: KilledAt): number {
  return isOutAt(step) ? 3000 : 200
}

/** The user who logs in from two sessions. */
function twice(step: KilledAt): string {
  return `twice, ${step}`
}

/** Kills and restarts once, when the condition first holds; resolves when the next process serves. */
function killWhen(step: KilledAt): Promise<void> {
  const {promise, resolve, reject} = Promise.withResolvers<void>()
  const kill = () => {
    onCloud = () => {}
    onPrimary = () => {}
    proxy
      .end('SIGKILL')
      .then(() => proxy.serve())
      .then(resolve, reject)
  }
  const on = (path: string, times = 1) => {
    let left = times
    onCloud = (call) => {
      if (call.path === path && --left === 0) kill()
    }
  }
  switch (step) {
    case 'while the password is checked':
      onPrimary = kill
      break
    case 'while Duo is asked what the user may choose':
      on('/auth/v2/preauth')
      break
    case 'while the push is asked for':
      // The call never reaches Duo's work: an intent without a transaction.
      proxy.cloud.fail('/auth/v2/auth', {kind: 'hang'})
      on('/auth/v2/auth')
      break
    case 'as soon as the push is out':
      void proxy.cloud.nextPush().then(kill)
      break
    case 'while the result is waited for':
      on('/auth/v2/auth_status')
      break
  }
  return promise
}

const patient: ExchangePolicy = {timeoutMs: 1000, retries: 40}
const impatient: ExchangePolicy = {timeoutMs: 2000, retries: 0}

async function pushLogin(userName: string, policy: ExchangePolicy): Promise<LoginReport> {
  const nas = proxy.nas(proxy.endpoint, policy)
  try {
    return await nas.login({
      userName,
      password: new Secret(password),
      clientAddress: undefined,
      extra: [],
      answer: async () => new Secret('push'),
    })
  } finally {
    await nas.close()
  }
}

for (const step of steps) {
  test(`killed ${step}: answered, with at most one push, and let in only by its approval`, async () => {
    const restarted = killWhen(step)
    const report = await pushLogin(step, patient)
    await restarted
    proxy.cloud.heal()
    assert.ok(['accept', 'reject'].includes(report.outcome), `${report.outcome} ${report.problem}`)
    await assertSound([proxy], step, report)
    const pushes = proxy.cloud.pushes.filter(({userName}) => userName === step).length
    if (step === 'while the push is asked for') assert.deepEqual([report.outcome, pushes], ['reject', 0])
    else assert.equal(pushes, 1)
    // Between the push and the line of the journal that names it lies a moment in which starting over is right.
    if (step !== 'as soon as the push is out' && pushes === 1) assert.equal(report.outcome, 'accept')
  })
}

for (const step of steps) {
  test(`killed ${step}, and the gateway gives up: a second session of the user gets no push while one may be out`, async () => {
    const userName = twice(step)
    const restarted = killWhen(step)
    const first = await pushLogin(userName, impatient)
    await restarted
    proxy.cloud.heal()
    assert.equal(first.outcome, 'no-reply')
    const ofUser = () => proxy.cloud.pushes.filter((push) => push.userName === userName)
    const wasOut = ofUser().length
    assert.equal(wasOut, isOutAt(step) ? 1 : 0)

    const mayBeOut = wasOut > 0 || step === 'while the push is asked for'
    const second = await proxy.login(userName, 'push', PASSCODE)
    assert.equal(second.outcome, 'accept', `${second.problem}`)
    assert.equal(second.rounds.length, mayBeOut ? 3 : 2, 'asked for a passcode instead')
    assert.equal(ofUser().length, mayBeOut ? wasOut : 1)
  })
}

test('the primary server dies in mid-login: refused, and the next login is as ever', async () => {
  proxy.primary.mode = 'silent'
  const [user = ''] = steps
  assert.equal((await proxy.login(user, 'push')).outcome, 'reject')
  proxy.primary.mode = 'answer'
  assert.equal((await proxy.login(user, 'push')).outcome, 'accept')
})
