// Where `workers` cannot be: another system than Linux, a number that makes no sense, another version of the program.
import assert from 'node:assert/strict'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {duplexPair} from 'node:stream'
import {type TestContext, test} from 'node:test'
import {configContext} from '../../src/config-context.ts'
import {InvalidConfig} from '../../src/core/config/load-checked.ts'
import {startDaemon} from '../../src/core/daemon.ts'
import {createMachine} from '../../src/core/probes/machine.ts'
import {Channel} from '../../src/core/workers/channel.ts'
import type {WorkerCalls} from '../../src/core/workers/protocol.ts'
import {runWorker} from '../../src/core/workers/run-worker.ts'
import {realWorld} from '../../src/core/world.ts'

function configFile(t: TestContext, workers: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-refused-'))
  t.after(() => rmSync(folder, {recursive: true, force: true}))
  const path = join(folder, 'authproxy.cfg')
  const text = `[main]
workers=${workers}
[duo_only_client]
[radius_server_auto]
ikey=DITESTTESTTESTTESTTE
skey=testSkeyNotReal0000000000000000000000000
api_host=api-test.duosecurity.com
client=duo_only_client
radius_ip_1=127.0.0.1
radius_secret_1=test-nas-secret-not-real
failmode=secure
`
  writeFileSync(path, text, {mode: 0o600})
  return path
}

/** What `serve` finds wrong on this system; no process is started. */
async function refusal(t: TestContext, workers: string, platform: NodeJS.Platform): Promise<string[]> {
  const path = configFile(t, workers)
  const started = startDaemon({
    configPath: path,
    context: {...(await configContext(path)), platform},
    version: '1.0.0',
    primaryOnlyMs: undefined,
    world: realWorld,
    edge: {
      processId: process.pid,
      platform,
      environment: {},
      processStartMs: 0,
      machine: createMachine({platform, nodeVersion: '26.0.0', userId: 0}),
      startWorker: () => assert.fail('a worker was started'),
    },
  })
  const error = await started.then(
    () => assert.fail('it serves'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof InvalidConfig, String(error))
  return error.diagnostics.filter(({severity}) => severity === 'error').map(({code, message}) => `${code} ${message}`)
}

test('workers need Linux, and serve says so before anything is opened', async (t) => {
  for (const platform of ['darwin', 'freebsd', 'openbsd'] as const) {
    assert.deepEqual(await refusal(t, '2', platform), ['C333 workers=2 needs Linux'])
  }
})

test('a number of workers that makes no sense is refused', async (t) => {
  for (const [workers, code] of [
    ['0', 'C206'],
    ['-1', 'C206'],
    ['65', 'C206'],
    ['two', 'C205'],
    ['1.5', 'C205'],
  ] as const) {
    const [finding, ...more] = await refusal(t, workers, 'linux')
    assert.deepEqual(more, [])
    assert.match(finding ?? '', new RegExp(`^${code} workers`), workers)
  }
})

test('a worker of another version than the service does not serve', async () => {
  const [near, far] = duplexPair()
  const ended = runWorker({
    stream: far,
    version: '2.0.0',
    world: realWorld,
    context: () => assert.fail('the configuration was read'),
    onServing: () => assert.fail('it serves'),
    report: () => {},
  })
  const worker = new Channel<WorkerCalls>(near, {}, () => {})
  const start = worker.ask('start', {
    snapshot: {path: '/authproxy.cfg', files: [], unprotected: []},
    version: '1.0.0',
    logDirectory: '/',
    logEdge: {processId: 1, journal: false},
    keys: [Buffer.alloc(32, 1).toString('base64')],
    instance: Buffer.alloc(4).toString('base64'),
    refuseSealedBeforeMs: 0,
    latches: [],
    primaryOnly: false,
  })
  await assert.rejects(start, /version 1\.0\.0 is running, and 2\.0\.0 is installed: restart the service/)
  worker.close()
  await ended
})
