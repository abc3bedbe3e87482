import assert from 'node:assert/strict'
import {readdirSync, readFileSync} from 'node:fs'
import {test} from 'node:test'
import {formatDiagnostic} from '../../src/core/config/diagnostic.ts'
import {loadConfigText} from '../../src/core/config/load.ts'
import {vocabulary} from '../../src/core/engine/vocabulary.ts'
import {testContext} from './support/context.ts'

const folder = new URL('../../fixtures/config/good/', import.meta.url)
const names = readdirSync(folder)

const {readFile} = testContext()
const context = testContext({
  vocabulary,
  env: {
    AUTHPROXY_SKEY: 'testtesttesttesttesttesttesttesttesttest',
    AUTHPROXY_RADIUS_SECRET: 'test-secret-not-real-1',
  },
  readFile: (path) =>
    path.startsWith('/run/secrets/')
      ? {ok: true, octets: Buffer.from(`test-secret-not-real ${path}\n`), mode: 0o600}
      : readFile(path),
})

test('there are files in the shape of the public guides', () => {
  assert.ok(names.length >= 15)
})

for (const name of names) {
  test(`good file ${name}: no error, no warning, and a configuration`, () => {
    const octets = readFileSync(new URL(name, folder))
    const {config, diagnostics} = loadConfigText(octets, '/etc/authproxy/conf/authproxy.cfg', context, 0o640)
    assert.deepEqual(diagnostics.filter((d) => d.severity !== 'info').map(formatDiagnostic), [])
    assert.ok(config !== undefined)
    assert.ok(config.sections.some((section) => section.kind.startsWith('radius_server_')))
  })
}
