import type {LogRecord, LogSink} from '../log/log.ts'
import type {World} from '../world.ts'
import type {CloudCall, CloudFault, DuoCloud} from './duo-cloud.ts'
import {Journal} from './journal.ts'
import type {ManualWorld} from './manual-world.ts'
import type {DuoBehaviour, DuoCall, PhoneAct, Scenario} from './scenario.ts'
import type {PrimaryCall, Stage} from './scenario-stage.ts'
import {type StartProxy, startStack} from './stack.ts'

const SCENARIO_SECRET = 'test-secret-not-real'

/** A stage with everything inside: a proxy that stands still in time, a Duo cloud, a primary server. */
export async function openEmbeddedStage(
  scenario: Scenario,
  startProxy: StartProxy,
  worlds: {readonly world: ManualWorld; readonly guard: World},
): Promise<Stage> {
  const {world, guard} = worlds
  const duoCalls = new Journal<CloudCall>()
  const primaryCalls = new Journal<PrimaryCall>()
  const events = new Journal<LogRecord>()
  const sink: LogSink = {write: (record) => events.add(record), close: async () => {}}
  const stack = await startStack({
    startProxy,
    world,
    hostWorld: guard,
    primary: scenario.primary,
    duo: scenario.duo,
    nas: {network: '192.0.2.10', secret: SCENARIO_SECRET},
    port: undefined,
    changes: scenario.config,
    sink,
    onDuoCall: (call) => {
      if (/\/(preauth|auth)$/.test(call.path)) duoCalls.add(call)
    },
    onPrimaryCall: (call) => primaryCalls.add(call),
  })
  const behaviours = new Map<DuoCall, DuoBehaviour>()

  return {
    send: (datagram, from, reply) => stack.proxy.receive(datagram, from, reply),
    wait: (ms) => passTime(world, guard, ms),
    secret: Buffer.from(SCENARIO_SECRET),
    patienceMs: 3000,
    silenceMs: 5,
    inside: {
      duoCalls,
      primaryCalls,
      events,
      duoBehaves(call, behaviour) {
        behaviours.set(call, behaviour)
        stack.cloud.heal()
        for (const [each, how] of behaviours) misbehave(stack.cloud, each, how)
      },
      primaryBehaves: (silent) => stack.primary.silence(silent),
      phoneActs: (userName, act, limitMs) => answerPush(stack.cloud, userName, act, guard, limitMs),
      restart: (restart) => whileTimePasses(stack.restart(restart), world, guard),
    },
    close: () => whileTimePasses(stack.close(), world, guard),
  }
}

/** Goes from timer to timer and lets what each one starts come to rest, so that chains of timers run as in real time. */
async function passTime(world: ManualWorld, guard: World, ms: number): Promise<void> {
  const endMs = world.monotonicMs() + ms
  for (;;) {
    const leftMs = endMs - world.monotonicMs()
    const nextMs = world.nextTimerMs
    world.advance(Math.min(leftMs, nextMs ?? leftMs))
    await new Promise<void>((resolve) => void guard.after(1, resolve))
    if (world.monotonicMs() >= endMs && (world.nextTimerMs ?? 1) > 0) return
  }
}

/** A proxy that stops gives its logins time to end: the clock that stands still must go on for that. */
async function whileTimePasses(work: Promise<void>, world: ManualWorld, guard: World): Promise<void> {
  let done = false
  const ended = work.finally(() => {
    done = true
  })
  while (!done) {
    await Promise.race([ended, new Promise<void>((resolve) => void guard.after(5, resolve))])
    world.advance(1000)
  }
}

function misbehave(cloud: DuoCloud, call: DuoCall, behaviour: DuoBehaviour): void {
  const fault = typeof behaviour === 'number' ? statusFault(behaviour) : namedFaults[behaviour]
  if (fault === undefined) return
  const paths = call === 'any' ? ['*'] : [`/auth/v2/${call}`, `/rest/v1/${call === 'auth_status' ? 'status' : call}`]
  for (const path of paths) cloud.fail(path, fault, Number.POSITIVE_INFINITY)
}

const json = {'Content-Type': 'application/json'}

const namedFaults: {readonly [Name in Exclude<DuoBehaviour, number>]: CloudFault | undefined} = {
  well: undefined,
  reset: {kind: 'reset'},
  hanging: {kind: 'hang'},
  cut: {kind: 'cut'},
  html: {kind: 'answer', status: 200, headers: {'Content-Type': 'text/html'}, body: '<h1>Welcome</h1>'},
  redirect: {kind: 'answer', status: 302, headers: {Location: 'https://login.example.com/'}},
  malformed: {kind: 'answer', status: 200, headers: json, body: '{"stat": "OK", "response": {"result": "allow"'},
  incomplete: {kind: 'answer', status: 200, headers: json, body: '{"stat": "OK", "response": {}}'},
  'odd-stat': {
    kind: 'answer',
    status: 200,
    headers: json,
    body: '{"stat": "PERHAPS", "response": {"result": "allow"}}',
  },
}

/** Five digits are a code of Duo's own, in its JSON; three are the HTTP status of something in its place. */
function statusFault(code: number): CloudFault {
  if (code < 1000) return {kind: 'answer', status: code}
  return {kind: 'fail', code, ...(code === 42_901 ? {retryAfter: '5'} : {})}
}

async function answerPush(
  cloud: DuoCloud,
  userName: string,
  act: PhoneAct,
  guard: World,
  limitMs: number,
): Promise<boolean> {
  let over = false
  const cancel = guard.after(limitMs, () => {
    over = true
  })
  try {
    while (!over) {
      const push = cloud.pushes.findLast((each) => each.userName === userName && each.outcome === undefined)
      if (push !== undefined) return cloud.phone[phoneCalls[act]](push.txid)
      await new Promise<void>((resolve) => void guard.after(1, resolve))
    }
    return false
  } finally {
    cancel()
  }
}

const phoneCalls = {approves: 'approve', denies: 'deny', 'reports fraud': 'fraud'} as const
