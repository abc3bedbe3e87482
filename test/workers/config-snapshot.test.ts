import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {ConfigContext} from '../../src/core/config/context.ts'
import {Secret} from '../../src/core/secret.ts'
import {recordingContext, replayingContext} from '../../src/core/workers/config-snapshot.ts'

const none = () => ({ok: false, reason: 'is gone'}) as const
const vocabulary = {
  isAttributeName: () => true,
  staysOnHop: () => false,
  isCodec: () => true,
  isStoreUrl: () => true,
  ldapFilterProblem: () => undefined,
}
const context: ConfigContext = {
  vocabulary,
  readFile: none,
  env: {},
  platform: 'linux',
  unprotect: none,
  hasKerberos: false,
  resolve: true,
}

test('a worker reads what the first process read, whatever has become of it', () => {
  const file = {ok: true, octets: Buffer.from([0, 255, 10]), mode: 0o100600} as const
  const recording = recordingContext('/etc/authproxy.cfg', {
    ...context,
    readFile: (path) => (path === '/a' ? file : {ok: false, reason: 'does not exist'}),
    unprotect: (blob) => (blob === 'good' ? {ok: true, secret: new Secret('not-real')} : {ok: false, reason: 'no key'}),
  })
  for (const path of ['/a', '/b']) recording.context.readFile(path)
  for (const blob of ['good', 'bad']) recording.context.unprotect(blob)

  const replayed = replayingContext(JSON.parse(JSON.stringify(recording.snapshot())), context)
  assert.deepEqual(replayed.readFile('/a'), file)
  assert.deepEqual(replayed.readFile('/b'), {ok: false, reason: 'does not exist'})
  const opened = replayed.unprotect('good')
  assert.ok(opened.ok && opened.secret.reveal() === 'not-real')
  assert.deepEqual(replayed.unprotect('bad'), {ok: false, reason: 'no key'})
  assert.equal(replayed.readFile('/never-read').ok, false)
})
