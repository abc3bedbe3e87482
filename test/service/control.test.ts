import assert from 'node:assert/strict'
import {once} from 'node:events'
import {chmod, mkdtemp, rm, stat} from 'node:fs/promises'
import {connect, createServer, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import fc from 'fast-check'
import {Fault} from '../../src/core/fault.ts'
import {askControl, isListening} from '../../src/core/service/control-client.ts'
import {type ProxyStatus, readReloadResult, readRequest, readStatus} from '../../src/core/service/control-protocol.ts'
import {type ControlHandlers, listenForControl} from '../../src/core/service/control-server.ts'
import {realWorld} from '../../src/core/world.ts'
import {ManualWorld} from '../support/manual-world.ts'

const status: ProxyStatus = {
  running: true,
  pid: 42,
  version: '1.2.3',
  uptimeS: 7,
  ready: true,
  reasons: [],
  sections: ['radius_server_challenge'],
  pendingPushes: 0,
  logins: {accept: 1, reject: 2, challenge: 3},
}

const handlers: ControlHandlers = {
  status: () => status,
  reload: async () => ({kind: 'refused', problems: ['authproxy.cfg:3:1 C104 unknown option']}),
  explain: (query) => [query],
}

async function place(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'authproxy-control-'))
  t.after(() => rm(folder, {recursive: true, force: true}))
  return join(folder, 'run', 'control.sock')
}

test('each request gets its answer, over a socket that only this user can reach', async (t) => {
  const path = await place(t)
  const server = await listenForControl(realWorld, path, handlers)
  t.after(() => server.close())
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.equal((await stat(join(path, '..'))).mode & 0o777, 0o700)

  const reply = await askControl(realWorld, path, {command: 'status'}, 5000)
  assert.ok(reply.kind === 'answer')
  assert.deepEqual(readStatus(reply.result), status)

  const reload = await askControl(realWorld, path, {command: 'reload'}, 5000)
  assert.ok(reload.kind === 'answer')
  assert.deepEqual(readReloadResult(reload.result), await handlers.reload())

  const explain = await askControl(realWorld, path, {command: 'explain', userName: 'jdoe', last: 3}, 5000)
  assert.deepEqual(explain, {kind: 'answer', result: [{command: 'explain', userName: 'jdoe', last: 3}]})
})

test('a handler that fails, or gives what is no JSON, is a refusal with its reason', async (t) => {
  const path = await place(t)
  const server = await listenForControl(realWorld, path, {
    ...handlers,
    reload: async () => {
      throw new Error('disk on fire')
    },
    explain: () => [10n],
  })
  t.after(() => server.close())
  assert.deepEqual(await askControl(realWorld, path, {command: 'reload'}, 5000), {
    kind: 'refused',
    reason: 'the request failed: disk on fire',
  })
  const explain = await askControl(realWorld, path, {command: 'explain', loginId: 'x'}, 5000)
  assert.equal(explain.kind, 'refused')
})

test('a stranger who sends nonsense, too much or nothing is cut off, and others are served', async (t) => {
  const path = await place(t)
  const world = new ManualWorld()
  const server = await listenForControl(world, path, handlers)
  t.after(() => server.close())

  const nonsense = connect(path)
  nonsense.on('error', () => {})
  nonsense.write('{"command":"become-root"}\n')
  const [answer] = await once(nonsense, 'data')
  assert.deepEqual(JSON.parse(`${answer}`), {ok: false, reason: 'no such request'})
  await closed(nonsense)

  const tooMuch = connect(path)
  tooMuch.on('error', () => {})
  tooMuch.write('x'.repeat(100_000))
  await closed(tooMuch)

  const silent = connect(path)
  silent.on('error', () => {})
  await once(silent, 'connect')
  silent.resume()
  assert.equal((await askControl(realWorld, path, {command: 'status'}, 5000)).kind, 'answer')
  world.advance(5000)
  await closed(silent)
})

test('a second process is refused; the socket of a killed one is replaced', async (t) => {
  const path = await place(t)
  const first = await listenForControl(realWorld, path, handlers)
  await assert.rejects(listenForControl(realWorld, path, handlers), (error) => {
    assert.ok(error instanceof Fault)
    assert.equal(error.code, 'bind-failed')
    assert.match(error.message, /another authproxy listens/)
    return true
  })
  assert.equal(await isListening(path), true)
  await first.close()
  assert.equal(await isListening(path), false)
  const second = await listenForControl(realWorld, path, handlers)
  await second.close()
})

test('a path that no socket can have is a fault', async (t) => {
  const path = `${await place(t)}${'x'.repeat(200)}`
  await assert.rejects(listenForControl(realWorld, path, handlers), /cannot listen for control/)
})

test('who asks learns that nobody is there, or that no answer came', async (t) => {
  const path = await place(t)
  assert.deepEqual(await askControl(realWorld, path, {command: 'status'}, 5000), {kind: 'nobody'})

  const {path: deafPath, close} = await deafServer(t)
  const world = new ManualWorld()
  const asked = askControl(world, deafPath, {command: 'status'}, 1000)
  while (world.pendingTimers === 0) await new Promise((resolve) => setImmediate(resolve))
  world.advance(1000)
  assert.deepEqual(await asked, {kind: 'no-answer', reason: 'there was no answer in time'})
  await close()
})

test('requests are read strictly', () => {
  assert.deepEqual(readRequest('{"command":"status","more":1}'), {command: 'status'})
  for (const bad of [
    '',
    'status',
    'null',
    '[]',
    '{"command":"explain"}',
    '{"command":"explain","userName":"u","last":0}',
    '{"command":"explain","userName":"u","last":1.5}',
    '{"command":"explain","userName":"u","last":1001}',
  ]) {
    assert.equal(readRequest(bad), undefined, bad)
  }
  fc.assert(fc.property(fc.string(), (line) => void readRequest(line)))
  fc.assert(fc.property(fc.jsonValue(), (value) => void [readStatus(value), readReloadResult(value)]))
})

/** A cut connection may end with an error; events.once would make that a failure. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.destroyed ? resolve() : socket.once('close', () => resolve())))
}

async function deafServer(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'authproxy-deaf-'))
  t.after(() => rm(folder, {recursive: true, force: true}))
  const path = join(folder, 's')
  const server = createServer((socket) => socket.on('error', () => {}).resume())
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, 0o600)
  return {path, close: () => new Promise<void>((resolve) => server.close(() => resolve()))}
}
