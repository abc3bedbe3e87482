import assert from 'node:assert/strict'
import {test} from 'node:test'
import {createLog} from '../../src/core/log/log.ts'
import {createHealth} from '../../src/core/service/health.ts'
import {checkedConfig, serverSection} from '../support/checked-config.ts'
import {ManualWorld} from '../support/manual-world.ts'

const text = `[radius_client]
host=192.0.2.1
host_2=192.0.2.2
secret=test-secret-not-real
${serverSection('radius_server_challenge', 'client=radius_client', 'failmode=secure')}
${serverSection('radius_server_challenge2', 'client=radius_client', 'failmode=safe', 'port=1813')}`

function health() {
  const config = checkedConfig(text)
  const world = new ManualWorld()
  const watched = createHealth(world)
  watched.watch(config)
  const log = createLog(world, [], {debug: false, observers: [watched.observers]})
  const host = (name: string, to: 'alive' | 'dead') =>
    log.emit('upstream.server_state', {section: 'radius_client', server: name, from: 'alive', to})
  const duo = {apiHost: 'api-radius-server-challenge.example.com', path: '/auth/v2/preauth'}
  const failing = (apiHost = duo.apiHost) =>
    log.emit('duo.call-failed', {...duo, apiHost, reason: 'timeout', cause: 'no answer within 10000 ms'})
  const answering = () => log.emit('duo.answered', {...duo, status: 200, elapsedMs: 5, outcome: 'ok'})
  return {world, watched, config, log, host, failing, answering}
}

test('what the process cannot remember is told, and keeps nobody out', () => {
  const {watched, log} = health()
  log.emit('state.latches.unusable', {path: '/state/latches', error: 'EACCES'})
  log.emit('state.folder.unusable', {path: '/state', error: 'EROFS'})
  log.emit('state.store.away', {cause: 'timeout'})
  assert.deepEqual(watched.readiness(), {
    ready: true,
    reasons: [
      'it is not known which clients sign: /state/latches cannot be used (EACCES)',
      'the state folder /state cannot be used (EROFS)',
      'the shared state store cannot be reached (timeout)',
    ],
  })
  log.emit('state.store.back', {})
  assert.equal(watched.readiness().reasons.length, 2)
})

test('without a host that serves, no section works; one host is enough', () => {
  const {watched, host} = health()
  assert.deepEqual(watched.readiness(), {ready: true, reasons: []})
  host('192.0.2.1:1812', 'dead')
  assert.deepEqual(watched.readiness(), {ready: true, reasons: []})
  host('192.0.2.2:1812', 'dead')
  assert.deepEqual(watched.readiness(), {
    ready: false,
    reasons: [
      '[radius_server_challenge] no host of [radius_client] serves',
      '[radius_server_challenge2] no host of [radius_client] serves',
    ],
  })
  host('192.0.2.1:1812', 'alive')
  assert.deepEqual(watched.readiness(), {ready: true, reasons: []})
})

test('Duo out of reach is told for the section whose fail mode keeps people out; another section still works', () => {
  const {watched, failing, answering} = health()
  failing()
  failing()
  assert.deepEqual(watched.readiness().reasons, [], 'twice may be chance')
  failing()
  assert.deepEqual(watched.readiness(), {
    ready: true,
    reasons: ['[radius_server_challenge] Duo is out of reach: no answer within 10000 ms'],
  })
  answering()
  assert.deepEqual(watched.readiness().reasons, [])
  for (let i = 0; i < 9; i++) failing('api-radius-server-challenge2.example.com')
  assert.deepEqual(watched.readiness().reasons, [], 'failmode=safe lets people in')
})

test('a failure of Duo counts for a minute only, so that a login may come and end it', () => {
  const {watched, world, failing} = health()
  for (let i = 0; i < 3; i++) failing()
  assert.equal(watched.readiness().reasons.length, 1)
  world.advance(60_000)
  assert.deepEqual(watched.readiness().reasons, [])
})

test('a reload forgets what was said of the old clients', () => {
  const {watched, config, host} = health()
  host('192.0.2.1:1812', 'dead')
  host('192.0.2.2:1812', 'dead')
  watched.watch(config)
  assert.deepEqual(watched.readiness(), {ready: true, reasons: []})
})
