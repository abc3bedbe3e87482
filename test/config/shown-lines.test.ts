import assert from 'node:assert/strict'
import {readdirSync, readFileSync} from 'node:fs'
import {test} from 'node:test'
import {redactFile} from '../../src/core/config/redact-file.ts'

const text = `radius_secret_1=above all sections
[main]
# note: hidden-in-a-comment
debug = true
[radius_server_challenge] hidden-behind-a-header
ikey=DIXXXXXXXXXXXXXXXXXX
skey = hidden-1
skye=hidden-2
hidden-3
radius_ip_1=192.0.2.1
radius_secret_1:hidden-4
  hidden-5
api_host=api-xxxxxxxx.duosecurity.com
  skey=hidden-6
[radius_server_challenge2]
ikey=hidden-7
[nonsense]
colour=hidden-8`

test('only what is known to be no secret is shown', () => {
  const masked = redactFile(text).text.split('\n')
  assert.ok(!masked.join('\n').includes('hidden'))
  assert.deepEqual(
    masked.filter((line) => !line.includes('*****')),
    [
      '[main]',
      'debug = true',
      'ikey=DIXXXXXXXXXXXXXXXXXX',
      'radius_ip_1=192.0.2.1',
      'api_host=api-xxxxxxxx.duosecurity.com',
      '[radius_server_challenge2]',
      '[nonsense]',
    ],
  )
  assert.equal(masked[6], 'skey = *****[8]')
  assert.equal(masked[10], 'radius_secret_1:*****')
})

test('no bad file shows its secrets', () => {
  const folder = new URL('../../fixtures/config/bad/', import.meta.url)
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.cfg'))) {
    const shown = redactFile(readFileSync(new URL(name, folder), 'utf8')).text
    assert.ok(!/not-real|testtest/.test(shown), name)
  }
})
