import assert from 'node:assert/strict'
import {duplexPair} from 'node:stream'
import {test} from 'node:test'
import {Fault} from '../../src/core/fault.ts'
import {type Calls, Channel, MAX_CHARACTERS} from '../../src/core/workers/channel.ts'

type Ours = {
  double: (of: {readonly n: number}) => number
  nothing: () => undefined
  fail: (how: string) => Promise<never>
  note: (text: string) => void
}

function talking(calls: Partial<Ours> = {}) {
  const [near, far] = duplexPair()
  const noted: string[] = []
  const bugs: string[] = []
  const ours: Calls = {
    double: ({n}: {readonly n: number}) => n * 2,
    nothing: () => undefined,
    note: (text: string) => void noted.push(text),
    ...calls,
  }
  const there = new Channel<Calls>(far, ours, (name, error) => bugs.push(`${name} ${error}`))
  return {here: new Channel<Ours>(near, {}, () => {}), there, near, noted, bugs}
}

test('each question gets its own answer, and what was told comes before what is asked later', async () => {
  const {here, noted} = talking()
  for (let n = 0; n < 100; n++) here.tell('note', `${n}`)
  const answers = await Promise.all(Array.from({length: 100}, (_, n) => here.ask('double', {n})))
  assert.deepEqual(
    answers,
    Array.from({length: 100}, (_, n) => n * 2),
  )
  assert.deepEqual(
    noted,
    Array.from({length: 100}, (_, n) => `${n}`),
  )
  assert.equal(await here.ask('nothing', undefined), undefined)
})

test('a turn of the event loop is one write', async () => {
  const {here, near} = talking()
  let writes = 0
  const {write} = near
  near.write = (...given: readonly unknown[]) => {
    writes++
    return Reflect.apply(write, near, given)
  }
  await Promise.all(Array.from({length: 50}, (_, n) => here.ask('double', {n})))
  assert.equal(writes, 1)
})

test('text of any length and kind arrives whole', async () => {
  const {here, noted} = talking()
  const text = 'ü\n\u2028"\\'.repeat(200_000)
  here.tell('note', text)
  await here.ask('nothing', undefined)
  assert.ok(noted[0] === text)
})

test('a Fault arrives as a Fault, anything else as an error with its text', async () => {
  const {here} = talking({
    fail: async (how) => {
      throw how === 'fault' ? new Fault('bind-failed', 'taken', {hint: 'stop it'}) : new Error('a bug')
    },
  })
  await assert.rejects(here.ask('fail', 'fault'), (error) => {
    assert.ok(error instanceof Fault)
    assert.deepEqual([error.code, error.message, error.hint], ['bind-failed', 'taken', 'stop it'])
    return true
  })
  await assert.rejects(here.ask('fail', 'bug'), /^Error: a bug$/)
})

test('what was told and fails is reported where it failed', async () => {
  const {here, bugs} = talking({
    note: () => {
      throw new Error('no room')
    },
  })
  here.tell('note', 'x')
  await here.ask('nothing', undefined)
  assert.deepEqual(bugs, ['note Error: no room'])
})

test('when the other end goes away, every question ends, those that come later at once', async () => {
  const {here, there} = talking({fail: () => new Promise(() => {})})
  const waiting = here.ask('fail', 'never')
  await here.ask('nothing', undefined)
  there.close()
  await assert.rejects(waiting, /is gone/)
  await here.closed
  assert.equal(here.isOpen, false)
  await assert.rejects(here.ask('double', {n: 1}), /is gone/)
  here.tell('note', 'nobody hears it')
})

test('what no channel sends breaks it, and nothing of it is done', async () => {
  for (const line of [
    'no JSON',
    'null',
    '"ask"',
    '{"kind":"tell","id":0,"name":"note","value":"x"}',
    '[]',
    '["shout",1,"note","x"]',
    '["ask","note","x"]',
    '["tell",1.5,"note","x"]',
    '["tell",0,["note"],"x"]',
  ]) {
    const {there, near, noted} = talking()
    near.write(`${line}\n["tell",0,"note","after"]\n`)
    await there.closed
    assert.deepEqual([there.isOpen, noted], [false, []], line)
  }
})

test('a line without an end is not gathered for ever', async () => {
  const {there, near} = talking()
  const piece = 'x'.repeat(MAX_CHARACTERS / 4)
  for (let n = 0; n < 5; n++) near.write(piece)
  await there.closed
})

test('only what an end offers is called', async () => {
  const [near, far] = duplexPair()
  new Channel<Calls>(far, {}, () => {})
  const here = new Channel<{toString: () => string; other: () => void}>(near, {}, () => {})
  await assert.rejects(here.ask('toString', undefined), /nobody answers to toString/)
  await assert.rejects(here.ask('other', undefined), /nobody answers to other/)
})
