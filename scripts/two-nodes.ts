// Logins through two nodes that share a Redis, behind a balancer that sends each packet to the next one, on a network that
// loses and doubles packets, while nodes are killed: what came of each, beside what should have.
// Run (`npm run build` first): node scripts/two-nodes.ts [--logins N] [--rate N] [--loss N] [--duplication N] [--kill-every SECONDS]
import {setTimeout as sleep} from 'node:timers/promises'
import {parseArgs} from 'node:util'
import {texts} from '../src/core/login/texts.ts'
import {Secret} from '../src/core/secret.ts'
import type {LoginReport} from '../src/core/simulate/nas.ts'
import {PASSWORD as REDIS_PASSWORD, startRedisServer} from '../test/support/redis.ts'
import {Relay} from '../test/support/relay.ts'
import {password, ServedProxy} from '../test/support/serve-process.ts'

const {values} = parseArgs({
  options: {
    logins: {type: 'string', default: '10000'},
    rate: {type: 'string', default: '40'},
    loss: {type: 'string', default: '20'},
    duplication: {type: 'string', default: '20'},
    'kill-every': {type: 'string', default: '20'},
  },
})
const logins = Number(values.logins)
const killEveryMs = Number(values['kill-every']) * 1000
/** A node that was killed is back after this. */
const DOWN_MS = 1000
/** 40 s in all: what a NAS that is patient covers by itself. */
const PATIENCE = {timeoutMs: 2000, retries: 19}
const STATE_KEY = 'state-key-of-a-simulation-not-real-0001'

/** What the user does, and what must come of it. */
const kinds = [
  {name: 'approve', outcome: 'accept', pushes: 1},
  {name: 'deny', outcome: 'reject', pushes: 1},
  {name: 'passcode', outcome: 'accept', pushes: 0},
  {name: 'wrong', outcome: 'reject', pushes: 0},
] as const

type Kind = (typeof kinds)[number]

function kindOf(number: number): Kind {
  // Four of seven approve, as most people do.
  return kinds[Math.max(0, (number % 7) - 3)] ?? kinds[0]
}

const names = Array.from({length: logins}, (_, number) => `${kindOf(number).name}${number}`)
const redis = await startRedisServer()
const main = [`state_key=${STATE_KEY}`, `state_store=redis://:${REDIS_PASSWORD}@127.0.0.1:${redis.port}`]
const first = await ServedProxy.start({
  users: [],
  primaryUsers: new Map(
    names.map((name) => [name, {password: name.startsWith('wrong') ? 'another-not-real' : password}]),
  ),
  main,
  log: 'quiet',
  cloud: {
    remember: logins * 2,
    strangers: (userName) => ({
      userName,
      phones: [{number: '+15555551234'}],
      answer: userName.startsWith('deny') ? 'deny' : 'approve',
      answerAfterMs: 200 + Math.random() * 2000,
      passcodes: ['123456'],
    }),
  },
})
const second = await ServedProxy.startBeside(first, {main, log: 'quiet'})
const relay = await Relay.open([first.endpoint, second.endpoint], {
  loss: Number(values.loss) / 100,
  duplication: Number(values.duplication) / 100,
  reorder: 0.1,
  delayMs: 0,
  jitterMs: 20,
})
const nas = first.nas(relay.endpoint, PATIENCE)

/** When a node was killed: its work at that moment is lost, and the other node finishes it or says to start over. */
const killedMs: number[] = []
const ended = new AbortController()
const killing = killNodes()
const wrong: string[] = []
const told = new Map<string, number>()
/** Told to start over, which is a Reject too: those who were to be refused anyway are not what was expected. */
const startedOver = new Set<string>()
/** Whose answer was in work while a node was killed. */
const interrupted = new Set<string>()
const counts = {asExpected: 0, unanswered: 0, wrongAccepts: 0, wrongRejects: 0}
const startedMs = performance.now()
await Promise.all(names.map((name, number) => login(name, number)))
const elapsedMs = performance.now() - startedMs
ended.abort()
await killing
report()
await nas.close()
await relay.close()
await second.close()
await first.close()
await redis.server.stop()

async function login(userName: string, number: number): Promise<void> {
  const kind = kindOf(number)
  await sleep((number * 1000) / Number(values.rate))
  let answeredMs = Number.POSITIVE_INFINITY
  const result = await nas.login({
    userName,
    password: new Secret(password),
    clientAddress: undefined,
    extra: [],
    answer: async () => {
      answeredMs = performance.now()
      return new Secret(kind.name === 'passcode' ? '123456' : 'push')
    },
  })
  if (killedMs.some((atMs) => atMs >= answeredMs)) interrupted.add(userName)
  judge(userName, kind, result)
}

function judge(userName: string, kind: Kind, {outcome, rounds}: LoginReport): void {
  const messages = rounds.at(-1)?.reply?.packet.attributes.filter(({type}) => type === 18) ?? []
  const text = messages.map(({value}) => value.toString()).join(' ')
  if (text === texts.startOver) startedOver.add(userName)
  else if (outcome === kind.outcome) counts.asExpected++
  else if (outcome === 'no-reply' || outcome === 'error') counts.unanswered++
  else if (outcome === 'accept') {
    counts.wrongAccepts++
    wrong.push(userName)
  } else counts.wrongRejects++
  if (outcome !== kind.outcome)
    told.set(`${kind.name}: ${outcome} "${text}"`, (told.get(`${kind.name}: ${outcome} "${text}"`) ?? 0) + 1)
}

/** In turn, so that one node is always there. */
async function killNodes(): Promise<void> {
  const nodes = [first, second]
  while (!ended.signal.aborted) {
    try {
      await sleep(killEveryMs, undefined, {signal: ended.signal})
    } catch {
      return
    }
    const node = nodes[killedMs.length % nodes.length] ?? first
    killedMs.push(performance.now())
    await node.end('SIGKILL')
    await sleep(DOWN_MS)
    await node.serve()
  }
}

/** Each logs it once for a spell. */
function away(): number {
  return [first, second].reduce(
    (sum, node) => sum + node.log('authproxy.log').split('state store cannot be reached').length - 1,
    0,
  )
}

function report(): void {
  const pushes = new Map<string, number>()
  for (const {userName} of first.cloud.pushes) pushes.set(userName, (pushes.get(userName) ?? 0) + 1)
  const most = Math.max(0, ...pushes.values())
  const wanted = (name: string, number: number) => kindOf(number).pushes - (pushes.get(name) ?? 0)
  const unasked = names.filter((name, number) => wanted(name, number) < 0)
  const unpushed = names.filter((name, number) => wanted(name, number) > 0)
  const isTraced = (name: string) => interrupted.has(name) && startedOver.has(name)
  const untraced = new Set([...unpushed, ...startedOver].filter((name) => !isTraced(name)))
  const rows: [string, string | number][] = [
    ['logins', logins],
    ['seconds', (elapsedMs / 1000).toFixed(0)],
    ['nodes killed', killedMs.length],
    ['times a node found the store away', away()],
    [
      'packets',
      `${relay.counts.passed} passed, ${relay.counts.lost} lost, ${relay.counts.duplicated} doubled, ${relay.counts.reordered} overtaken`,
    ],
    ['most pushes of one login', most],
    ['logins with more pushes than they asked for', unasked.length],
    ['logins without the push they asked for', unpushed.length],
    ['told to start over', startedOver.size],
    ['of these two, not for a kill in mid-answer', untraced.size],
    ['as expected', counts.asExpected],
    ['wrong Accepts', counts.wrongAccepts],
    ['wrong Rejects', counts.wrongRejects],
    ['unanswered', counts.unanswered],
  ]
  for (const [what, value] of rows) console.log(`${what.padEnd(45)}${value}`)
  for (const [what, times] of told) console.log(`  ${times} x ${what}`)
  for (const name of untraced) console.log(`  not for a kill: ${name}`)
  if (most > 1 || unasked.length > 0 || untraced.size > 0 || counts.wrongAccepts > 0 || counts.wrongRejects > 0)
    process.exitCode = 1
}
