import assert from 'node:assert/strict'
import {test} from 'node:test'
import {Fault} from '../../src/core/fault.ts'
import {judgeNode, nodeReleases} from '../../src/core/probes/node-releases.ts'
import {failed, ok, type Probe, type ProbeResult, skipped, warning} from '../../src/core/probes/probe.ts'
import {startProbes} from '../../src/core/probes/run-probes.ts'
import {ManualWorld} from '../support/manual-world.ts'

const never = new AbortController().signal

function probe(
  id: string,
  run: (signal: AbortSignal) => ProbeResult | Promise<ProbeResult>,
  ...needs: string[]
): Probe {
  return {id, section: 's', target: id, check: 'c', needs, run: async (signal) => run(signal)}
}

async function run(world: ManualWorld, ...probes: Probe[]) {
  const checks = await startProbes(probes, {world, timeoutMs: 1000, signal: never}).all
  return checks.map(({target, status, detail}) => `${target} ${status}: ${detail}`)
}

test('what needs a failed probe is not run and names the first cause; a warning lets it run', async () => {
  assert.deepEqual(
    await run(
      new ManualWorld(),
      probe('a', () => failed('broken', 'mend it')),
      probe('b', () => ok('never'), 'a'),
      probe('c', () => ok('never'), 'b'),
      probe('d', () => warning('so so', 'see')),
      probe('e', () => ok('fine'), 'd'),
      probe('f', () => skipped('nothing is there')),
      probe('g', () => ok('never'), 'f'),
      probe('h', () => ok('never'), 'e', 'a'),
    ),
    [
      'a failed: broken',
      'b skipped: not run, because the check "c" of a failed',
      'c skipped: not run, because the check "c" of a failed',
      'd warning: so so',
      'e ok: fine',
      'f skipped: not run, because nothing is there',
      'g skipped: not run, because the check "c" of f was not run',
      'h skipped: not run, because the check "c" of a failed',
    ],
  )
})

test('independent probes run side by side, and each is told as it ends', async () => {
  const ends: string[] = []
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const running = startProbes(
    [
      probe('slow', async () => {
        await held
        return ok('at last')
      }),
      probe('fast', () => {
        queueMicrotask(release)
        return ok('at once')
      }),
    ],
    {world: new ManualWorld(), timeoutMs: 1000, signal: never, onEnd: ({target}) => ends.push(target)},
  )
  assert.equal((await running.checks.get('slow'))?.status, 'ok')
  await running.all
  assert.deepEqual(ends, ['fast', 'slow'])
})

test('a probe answers its deadline in its own words, and is left behind when it does not', async () => {
  const world = new ManualWorld()
  const minding = probe(
    'minds',
    (signal) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => resolve(failed('the server is silent', 'wake it'))),
      ),
  )
  const deaf = probe('deaf', () => new Promise(() => {}))
  const done = run(world, minding, deaf)
  while (world.pendingTimers < 4) await new Promise(setImmediate)
  world.advance(1000)
  await new Promise(setImmediate)
  world.advance(500)
  assert.deepEqual(await done, ['minds failed: the server is silent', 'deaf failed: no result within 1 s'])
})

test('a Fault is a failure with its hint, anything else a mistake of ours', async () => {
  const probes = [
    probe('fault', () => {
      throw new Fault('file-unreadable', 'cannot read it', {hint: 'let us'})
    }),
    probe('bug', () => {
      throw new TypeError('x is not a function')
    }),
  ]
  const checks = await startProbes(probes, {world: new ManualWorld(), timeoutMs: 1000, signal: never}).all
  assert.deepEqual(
    checks.map(({status, detail, hint}) => [status, detail, hint]),
    [
      ['failed', 'cannot read it', 'let us'],
      ['failed', 'unexpected error: x is not a function', 'this is a mistake of authproxy; please report it'],
    ],
  )
})

test('stopping all leaves none waiting', async () => {
  const stop = new AbortController()
  const running = startProbes([probe('deaf', () => new Promise(() => {}))], {
    world: new ManualWorld(),
    timeoutMs: 1000,
    signal: stop.signal,
  })
  stop.abort()
  const [check] = await running.all
  assert.equal(check?.status, 'skipped')
})

test('what is known of a release of Node.js', () => {
  const listed = Date.parse(nodeReleases.listed)
  const judged = (version: string, nowMs = listed) => {
    const {status, detail} = judgeNode(version, nowMs)
    return `${status}: ${detail}`
  }
  assert.match(judged('26.5.1'), /^ok: /)
  assert.match(judged('26.10.0'), /^ok: /)
  assert.match(judged('24.17.0'), /^warning: .* lacks the security fixes of 24\.18\.1$/)
  assert.match(judged('27.0.0'), /^warning: .* knows nothing of/)
  assert.match(judged('24.21.0', Date.parse('2028-05-01')), /^failed: .* gets no fixes since 2028-04-30$/)
  assert.match(judged('26.10.0', listed + 200 * 86_400_000), /^warning: .* a while ago$/)
})
