import assert from 'node:assert/strict'
import {duplexPair} from 'node:stream'
import {test} from 'node:test'
import type {Memory} from '../../src/core/engine/memory.ts'
import {Fault} from '../../src/core/fault.ts'
import {createGuards} from '../../src/core/login/guards.ts'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import {LatchMemory} from '../../src/core/radius/latch.ts'
import {Channel} from '../../src/core/workers/channel.ts'
import type {ServiceCalls, WorkerCalls, WorkerStart, WorkerStatus} from '../../src/core/workers/protocol.ts'
import {MirroredLatches} from '../../src/core/workers/remote-memory.ts'
import type {WorkerProcess} from '../../src/core/workers/worker.ts'
import {createWorkerPool} from '../../src/core/workers/worker-pool.ts'
import {checkedConfig} from '../support/checked-config.ts'
import {ManualWorld} from '../support/manual-world.ts'
import {RecordingLog} from '../support/recording-log.ts'
import {freeUdpPort} from '../support/serve-process.ts'

const CONFIG = `[duo_only_client]
[radius_server_challenge]
ikey=DITESTTESTTESTTESTTE
skey=testSkeyNotReal0000000000000000000000000
api_host=api-test.duosecurity.com
client=duo_only_client
interface=127.0.0.1
port=${await freeUdpPort()}
radius_ip_1=127.0.0.1
radius_secret_1=nas-secret-not-real
`

const answered: WorkerStatus = {
  sockets: ['127.0.0.1:18120'],
  pendingRequests: 1,
  logins: {accept: 1, reject: 2, challenge: 3},
  readiness: {ready: true, reasons: []},
}

/** A worker without a process around it, which does what the test says and nothing else. */
type FakeWorker = {
  readonly calls: {-readonly [Name in keyof WorkerCalls]: WorkerCalls[Name]}
  readonly service: Channel<ServiceCalls>
  readonly begun: WorkerStart[]
  readonly said: string[]
  die(how: string): void
  /** Sends what no channel sends, and stays. */
  breakChannel(): void
}

function pool(count = 2) {
  const world = new ManualWorld()
  const log = new RecordingLog()
  const workers: FakeWorker[] = []
  const prepare = (worker: FakeWorker) => worker
  const latches = new LatchMemory(world)
  const memory: Memory = {
    keys: [Buffer.alloc(32, 1)],
    instance: Buffer.alloc(4),
    refuseSealedBeforeMs: 0,
    store: new MemoryStore(world),
    guards: createGuards(world),
    latches,
    places: () => ({take: () => undefined, free: () => {}}),
    pendingPushes: () => 0,
  }
  const made = {onStart: prepare}

  function startProcess(): WorkerProcess {
    const [near, far] = duplexPair()
    const {promise: ended, resolve} = Promise.withResolvers<string>()
    const begun: WorkerStart[] = []
    const said: string[] = []
    const note = (name: string) => void said.push(name)
    const die = (how: string) => {
      resolve(how)
      far.destroy()
      near.destroy()
    }
    const calls: FakeWorker['calls'] = {
      start: async (begin) => {
        begun.push(begin)
        return answered.sockets
      },
      prepare: async () => note('prepare'),
      commit: () => {
        note('commit')
        return {opened: [], closed: []}
      },
      abandon: async () => note('abandon'),
      drain: async () => note('drain'),
      stop: async () => {
        note('stop')
        return 1
      },
      status: () => answered,
      explain: () => [],
      metrics: async () => undefined,
      ping: () => note('ping'),
      latched: ({address}) => note(`latched ${address}`),
      primaryOnlyEnded: () => note('primaryOnlyEnded'),
    }
    const service = new Channel<ServiceCalls>(far, calls, () => {})
    let isCaught = false
    const breakChannel = () => {
      isCaught = true
      far.write('no JSON\n')
    }
    const worker: FakeWorker = {calls, service, begun, said, die, breakChannel}
    workers.push(made.onStart(worker))
    void service.closed.then(() => {
      if (!isCaught) resolve('hung up')
    })
    return {pid: 100 + workers.length, stream: near, ended, kill: () => die('killed')}
  }

  const config = checkedConfig(CONFIG)
  const loadedAs = (name: string) => ({config, snapshot: () => ({path: name, files: [], unprotected: []})})
  const serving = createWorkerPool({
    count,
    startProcess,
    loaded: loadedAs('first'),
    about: {
      version: '1',
      logDirectory: '/',
      logEdge: {processId: 1, journal: false},
    },
    memory,
    primaryOnly: () => true,
    output: {writeLines: () => {}},
    log,
    world,
  })
  return {world, log, workers, memory, serving, made, loadedAs}
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

async function until(isSo: () => boolean): Promise<void> {
  for (let looks = 0; !isSo(); looks++) {
    assert.ok(looks < 1000, 'it does not come to that')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('one worker that cannot serve keeps the service from starting, with its Fault', async () => {
  const {serving, made, workers} = pool()
  made.onStart = (worker) => {
    if (workers.length === 1) {
      worker.calls.start = async () => {
        throw new Fault('bind-failed', 'taken')
      }
    }
    return worker
  }
  await assert.rejects(serving.start(), /^Fault: taken$/)
  await until(() => workers.every(({service}) => !service.isOpen))
})

test('a worker that dies at its start says how', async () => {
  const {serving, made} = pool(1)
  made.onStart = (worker) => {
    worker.calls.start = async () => {
      worker.die('exit code 7')
      return []
    }
    return worker
  }
  await assert.rejects(serving.start(), /worker 1 has ended while it began: exit code 7/)
})

test('one that dies is replaced by one that begins with what is served by then; a death soon after waits a second', async () => {
  const {serving, workers, log, world, loadedAs} = pool()
  await serving.start()
  await serving.reload(loadedAs('second'))
  workers[0]?.die('SIGSEGV')
  await until(() => log.of('worker.ended').length === 1)
  assert.deepEqual(log.of('worker.ended'), [{worker: 1, pid: 101, how: 'SIGSEGV'}])
  assert.equal(workers.length, 2)
  world.advance(1000)
  await until(() => log.of('worker.started').length === 1)
  assert.equal(workers[2]?.begun[0]?.snapshot.path, 'second')
  world.advance(10_000)
  workers[2]?.die('SIGSEGV')
  await until(() => log.of('worker.started').length === 2)
})

test('one that cannot be replaced is tried again, seldomer and seldomer', async () => {
  const {serving, workers, log, world, made} = pool()
  await serving.start()
  made.onStart = (worker) => {
    worker.calls.start = async () => {
      throw new Fault('file-unreadable', 'no certificate')
    }
    return worker
  }
  world.advance(10_000)
  workers[1]?.die('SIGKILL')
  const waits = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]
  for (const [n, againMs] of waits.entries()) {
    await until(() => log.of('worker.not-started').length === n + 1)
    assert.equal(log.of('worker.not-started')[n]?.againMs, againMs)
    // The other one answers its pings meanwhile.
    for (let passed = 0; passed < againMs; passed += 1000) {
      world.advance(1000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await until(() => log.of('worker.not-started').length === waits.length + 1)
  made.onStart = (worker) => worker
  world.advance(30_000)
  await until(() => log.of('worker.started').length === 1)
})

test('one that does not answer any more is killed and replaced', async () => {
  const {serving, workers, log, world} = pool()
  await serving.start()
  const [hung, well] = workers
  assert.ok(hung !== undefined && well !== undefined)
  hung.calls.ping = () => new Promise(() => {})
  world.advance(10_000)
  await until(() => well.said.includes('ping'))
  // What is asked after the ping is answered after it.
  await serving.status()
  world.advance(30_000)
  await until(() => log.of('worker.ended').length === 1)
  assert.deepEqual(log.of('worker.ended'), [{worker: 1, pid: 101, how: 'it did not answer any more'}])
  await until(() => log.of('worker.started').length === 1)
})

test('a reload that one worker refuses is taken back by all; one that all can serve is committed by all', async () => {
  const {serving, workers, loadedAs} = pool()
  await serving.start()
  const [one, other] = workers
  assert.ok(one !== undefined && other !== undefined)
  const {prepare} = other.calls
  other.calls.prepare = async () => {
    throw new Fault('file-unreadable', 'no certificate')
  }
  await assert.rejects(serving.reload(loadedAs('second')), /^Fault: no certificate$/)
  assert.deepEqual([one.said, other.said], [['prepare', 'abandon'], ['abandon']])
  other.calls.prepare = prepare
  await serving.reload(loadedAs('third'))
  assert.deepEqual(
    [one.said.slice(2), other.said.slice(1)],
    [
      ['prepare', 'commit'],
      ['prepare', 'commit'],
    ],
  )
})

test('one that dies during a reload does not keep the others from it', async () => {
  const {serving, workers, loadedAs, log, world} = pool()
  await serving.start()
  const [one, other] = workers
  assert.ok(one !== undefined && other !== undefined)
  one.calls.prepare = async () => one.die('SIGKILL')
  await serving.reload(loadedAs('second'))
  assert.deepEqual(other.said, ['prepare', 'commit'])
  await until(() => log.of('worker.ended').length === 1)
  world.advance(1000)
  await until(() => log.of('worker.started').length === 1)
  assert.equal(workers[2]?.begun[0]?.snapshot.path, 'second')
})

test('status is the sum of all, names those that are missing, and forgets nothing of those that died', async () => {
  const {serving, workers, log, world} = pool()
  await serving.start()
  assert.deepEqual((await serving.status()).logins, {accept: 2, reject: 4, challenge: 6})
  assert.equal((await serving.status()).pendingRequests, 2)
  workers[0]?.die('SIGKILL')
  await until(() => log.of('worker.ended').length === 1)
  const {logins, readiness} = await serving.status()
  assert.deepEqual(logins, {accept: 2, reject: 4, challenge: 6})
  assert.deepEqual(readiness, {ready: true, reasons: ['1 of 2 workers do not answer']})
  world.advance(1000)
  await until(() => log.of('worker.started').length === 1)
  assert.deepEqual((await serving.status()).logins, {accept: 3, reject: 6, challenge: 9})
})

test('a latch that one worker sets is set for all, and for those that begin later', async () => {
  const {serving, workers, memory, log, world} = pool()
  await serving.start()
  const [one, other] = workers
  assert.ok(one !== undefined && other !== undefined)
  const latches = new MirroredLatches(one.service, world)
  assert.equal(latches.set('message-authenticator', '192.0.2.1'), 'set')
  assert.ok(latches.has('message-authenticator', '192.0.2.1'))
  await until(() => other.said.length > 0)
  assert.deepEqual([one.said, other.said], [[], ['latched 192.0.2.1']])
  assert.ok(memory.latches.has('message-authenticator', '192.0.2.1'))
  other.die('SIGKILL')
  await until(() => log.of('worker.ended').length === 1)
  world.advance(1000)
  await until(() => log.of('worker.started').length === 1)
  assert.equal(workers[2]?.begun[0]?.latches[0]?.address, '192.0.2.1')
})

test('break-glass is on for all workers until it ends', async () => {
  const {serving, workers} = pool()
  await serving.start()
  assert.deepEqual(
    workers.map(({begun}) => begun[0]?.primaryOnly),
    [true, true],
  )
  serving.primaryOnlyEnded()
  await until(() => workers.every(({said}) => said.includes('primaryOnlyEnded')))
})

test('a stop drains all before one of them closes, and replaces nobody', async () => {
  const {serving, workers} = pool()
  await serving.start()
  const [one, other] = workers
  assert.ok(one !== undefined && other !== undefined)
  const draining = Promise.withResolvers<void>()
  other.calls.drain = () => draining.promise
  const stopped = serving.stop()
  await until(() => one.said.includes('drain'))
  assert.ok(!one.said.includes('stop'))
  draining.resolve()
  assert.equal(await stopped, 2)
  assert.equal(workers.length, 2)
})

test('the guards of the service answer every worker', async () => {
  const {serving, workers} = pool()
  await serving.start()
  const policy = {denials: 2, windowMs: 60_000}
  const [one, other] = workers
  assert.ok(one !== undefined && other !== undefined)
  one.service.tell('sent', {person: 'jdoe', policy})
  other.service.tell('sent', {person: 'jdoe', policy})
  await Promise.all([one, other].map(({service}) => service.ask('getRecord', {nonce: 'any'})))
  assert.deepEqual(await one.service.ask('hold', {person: 'jdoe', policy}), {remainingMs: 60_000, begins: true})
  assert.deepEqual(await other.service.ask('hold', {person: 'jdoe', policy}), {remainingMs: 60_000, begins: false})
  assert.equal(await other.service.ask('hold', {person: 'asmith', policy}), undefined)
})

test('one that keeps dying soon is started again seldomer and seldomer, until one has lived', async () => {
  const {serving, workers, log, world} = pool(1)
  await serving.start()
  for (const [n, waitMs] of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000].entries()) {
    workers.at(-1)?.die('SIGSEGV')
    await until(() => log.of('worker.ended').length === n + 1)
    await turn()
    world.advance(waitMs - 1)
    await turn()
    assert.equal(workers.length, n + 1)
    world.advance(1)
    await until(() => log.of('worker.started').length === n + 1)
  }
  world.advance(10_000)
  workers.at(-1)?.die('SIGSEGV')
  await until(() => log.of('worker.started').length === 8)
  workers.at(-1)?.die('SIGSEGV')
  await until(() => log.of('worker.ended').length === 9)
  await turn()
  world.advance(1000)
  await until(() => log.of('worker.started').length === 9)
})

test('a stop does not wait for one that is still beginning', async () => {
  const {serving, workers, log, world, made} = pool()
  await serving.start()
  world.advance(10_000)
  made.onStart = (worker) => {
    worker.calls.start = () => new Promise(() => {})
    return worker
  }
  workers[0]?.die('SIGKILL')
  await until(() => workers.length === 3)
  await turn()
  assert.equal(await serving.stop(), 1)
  assert.equal(log.of('worker.not-started').length, 1)
  assert.equal(workers[2]?.service.isOpen, false)
})

test('one that is cut off and does not end by itself is killed, and replaced', async () => {
  const {serving, workers, log, world} = pool()
  await serving.start()
  workers[0]?.breakChannel()
  await turn()
  world.advance(4999)
  await turn()
  assert.deepEqual(log.of('worker.ended'), [])
  world.advance(1)
  await until(() => log.of('worker.ended').length === 1)
  assert.equal(log.of('worker.ended')[0]?.how, 'killed')
  await turn()
  world.advance(1000)
  await until(() => log.of('worker.started').length === 1)
})
