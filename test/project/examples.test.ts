// A configuration in a document is copied by somebody: it must be right.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {formatDiagnostic} from '../../src/core/config/diagnostic.ts'
import {loadConfigText} from '../../src/core/config/load.ts'
import {vocabulary} from '../../src/core/engine/vocabulary.ts'
import {testContext} from '../config/support/context.ts'
import {filesBelow, textOf} from './repository.ts'

const examples = filesBelow()
  .filter((file) => file.endsWith('.md'))
  .flatMap((file) =>
    [...textOf(file).matchAll(/^( *)```ini\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', text = '']) => ({
      file,
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    })),
  )

/** What an example that shows one section leaves to the reader. */
const client = '[duo_only_client]\n'
const server = `[radius_server_challenge]
ikey=DIXXXXXXXXXXXXXXXXXX
skey=env:AUTHPROXY_SKEY
api_host=api-xxxxxxxx.duosecurity.com
radius_ip_1=192.0.2.10
radius_secret_1=file:/etc/authproxy/gateway-secret
`

const context = testContext({
  vocabulary,
  env: new Proxy({}, {get: () => 'testtesttesttesttesttesttesttesttesttest'}),
  readFile: (path) => ({ok: true, octets: Buffer.from(`test-secret-not-real ${path}\n`), mode: 0o600}),
})

test('there are examples in the guides', () => {
  assert.ok(examples.length >= 2)
})

for (const [index, {file, text}] of examples.entries()) {
  test(`example ${index + 1}, in ${file}: no error, no warning`, () => {
    const whole = `${/^\[.*_client\d*\]/m.test(text) ? '' : client}${text}\n${/^\[.*_server_/m.test(text) ? '' : server}`
    const {config, diagnostics} = loadConfigText(
      Buffer.from(whole),
      '/etc/authproxy/conf/authproxy.cfg',
      context,
      0o640,
    )
    assert.deepEqual(diagnostics.filter((d) => d.severity !== 'info').map(formatDiagnostic), [])
    assert.ok(config !== undefined)
  })
}
