// A user whose proxy is killed, at every step of a login in every shape, logs in from a second session as well.
import assert from 'node:assert/strict'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {autoMode} from '../../src/core/login/auto-mode.ts'
import {challengeMode} from '../../src/core/login/challenge-mode.ts'
import {type Journal, openJournal} from '../../src/core/login/journal.ts'
import type {Decision} from '../../src/core/login/login.ts'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import type {FactorResult} from '../../src/core/login/second-factor.ts'
import {Doubles, directPolicy, type LoginText, Node, reached, stateOf} from '../support/login-parts.ts'
import {ManualWorld} from '../support/manual-world.ts'
import {Mortal, mortalStore} from '../support/mortal.ts'

const folder = mkdtempSync(join(tmpdir(), 'authproxy-second-'))
after(() => rmSync(folder, {recursive: true}))

const password = 'test-password-not-real'
const auto: typeof challengeMode = (parts) => autoMode(parts, {factors: ['auto'], concatenation: undefined})

type Shape = {
  readonly mode: typeof challengeMode
  readonly verified?: true
  /** The requests of a login, one after the other: the last one first dies, then comes again. */
  readonly rounds: (session: string) => readonly ((before: Decision | undefined) => LoginText)[]
}

const ask = (session: string) => () => ({password, session})
const answer = (text: string) => (before: Decision | undefined) => ({password: text, state: stateOf(before ?? fail())})

const shapes: Readonly<Record<string, Shape>> = {
  'a prompt': {mode: challengeMode, rounds: (session) => [ask(session), answer('1')]},
  'a Verified Push, when its code is asked for': {
    mode: challengeMode,
    verified: true,
    rounds: (session) => [ask(session), answer('1')],
  },
  'a Verified Push, when its result is': {
    mode: challengeMode,
    verified: true,
    rounds: (session) => [ask(session), answer('1'), answer('')],
  },
  'no prompt': {mode: auto, rounds: (session) => [ask(session)]},
  'no prompt, and a Verified Push': {mode: auto, verified: true, rounds: (session) => [ask(session)]},
  'no prompt, and no name of the session': {
    mode: auto,
    rounds: () => [() => ({password, session: 'none', namesSession: false})],
  },
}

/** What is out on the phone. Its owner answers when he is asked for, or lets it pass. */
class Phone {
  readonly out = new Set<string>()
  most = 0
  #begun = 0

  ring(): string {
    const transactionId = `tx-${++this.#begun}`
    this.out.add(transactionId)
    this.most = Math.max(this.most, this.out.size)
    return transactionId
  }

  answer(transactionId: string): FactorResult {
    return this.out.delete(transactionId)
      ? {kind: 'allow', message: 'Success.'}
      : {kind: 'deny', message: 'Login timed out.', reason: 'timeout'}
  }
}

/** One user, his phone, and one process after the other on the same state folder. */
class House {
  readonly phone = new Phone()
  readonly #journals: Journal[] = []
  readonly #shape: Shape
  readonly #path = join(folder, `journal-${++houses}`)
  #nowMs = 1_800_000_000_000

  constructor(shape: Shape) {
    this.#shape = shape
  }

  start(mortal: Mortal, afterMs = 1000): Node {
    this.#nowMs += afterMs
    const world = new ManualWorld({seed: `${this.#path} ${this.#nowMs}`, startMs: this.#nowMs})
    const {journal, past} = openJournal(this.#path, world, (error) => {
      throw error
    })
    this.#journals.push(journal)
    const doubles = new Doubles()
    const {phone} = this
    const notice = this.#shape.verified ? 'Enter 376 in Duo Mobile' : undefined
    doubles.begin = ({choice}) =>
      mortal.call('begin', async () => {
        if (!choice.startsWith('push')) return {kind: 'deny', message: 'Incorrect passcode.', reason: 'passcode'}
        return {kind: 'pending', transactionId: phone.ring(), notice}
      })
    doubles.result = (transactionId) => mortal.call('result', async () => phone.answer(transactionId))
    const store = mortalStore(new MemoryStore(world, journal, past), mortal)
    const policy = this.#shape.mode === auto ? directPolicy : {}
    return new Node(doubles, {world, store, policy, mode: this.#shape.mode})
  }

  close(): void {
    for (const journal of this.#journals) journal.close()
  }

  /** A whole login from a session of its own, the code of a Verified Push typed in. */
  async login(node: Node, session: string): Promise<Decision> {
    let decision: Decision | undefined
    for (const round of this.#shape.rounds(session)) decision = await node.decide(round(decision))
    if (decision?.kind === 'challenge' && decision.reason === 'verification-code') {
      decision = await node.decide({password: '', state: stateOf(decision), session})
    }
    return decision ?? fail()
  }
}

/** The last round of a login meets a process that dies; what it was, so that it can come again. */
async function dyingLogin(house: House, shape: Shape, diesAt: string | undefined) {
  const rounds = shape.rounds('s1')
  const first = house.start(new Mortal(undefined))
  let before: Decision | undefined
  for (const round of rounds.slice(0, -1)) before = await first.decide(round(before))
  const last = rounds.at(-1)?.(before) ?? fail()
  const mortal = new Mortal(diesAt)
  let decided = false
  void house
    .start(mortal)
    .decide(last)
    .then(() => {
      decided = true
    })
  await reached(() => mortal.died || decided)
  return {last, mortal}
}

let houses = 0

function fail(): never {
  assert.fail('the login has come to nothing')
}

for (const [name, shape] of Object.entries(shapes)) {
  test(`${name}: a login that is over leaves nothing behind for the next process`, async (t) => {
    const house = new House(shape)
    t.after(() => house.close())
    for (const session of ['s1', 's2', 's3']) {
      assert.equal((await house.login(house.start(new Mortal(undefined)), session)).kind, 'accept')
    }
  })

  const whole = new House(shape)
  const {mortal: immortal} = await dyingLogin(whole, shape, undefined)
  whole.close()
  // A login that had nothing in mind yet leaves nothing behind.
  const intent = Math.min(
    ...['after claim', 'after putRecord'].map((each) => immortal.moments.indexOf(each)).filter((at) => at >= 0),
  )
  for (const [at, moment] of immortal.moments.entries()) {
    for (const order of ['before the gateway asks again', 'after that'] as const) {
      test(`${name}, killed ${moment}: a second session ${order} gets no second push while one is out`, async (t) => {
        const house = new House(shape)
        t.after(() => house.close())
        const {last, mortal} = await dyingLogin(house, shape, moment)
        assert.ok(mortal.died)
        const next = house.start(new Mortal(undefined))
        const wasOut = house.phone.out.size
        let early: Decision | undefined
        if (order === 'before the gateway asks again') early = await house.login(next, 's2')
        if (wasOut > 0) assert.notEqual(early?.kind, 'accept')
        if (at < intent && wasOut === 0 && early !== undefined) assert.equal(early.kind, 'accept')

        const again = await next.decide(last)
        const late = await house.login(next, 's3')
        // Its own result has come to the first session, so that the place is free.
        if (again.kind === 'accept') assert.equal(late.kind, 'accept')
        if (house.phone.out.size > 0) assert.notEqual(late.kind, 'accept')
        assert.ok(house.phone.most <= 1, `${house.phone.most} pushes at a time`)

        // Not for ever: Duo lets a push pass that nobody answers.
        const later = house.start(new Mortal(undefined), 70_000)
        house.phone.out.clear()
        assert.equal((await house.login(later, 's4')).kind, 'accept')
        assert.equal(house.phone.most, 1)
      })
    }
  }
}
