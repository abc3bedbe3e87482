import assert from 'node:assert/strict'
import {test} from 'node:test'
import {redactedSection} from '../../src/core/log/redact.ts'
import {Secret} from '../../src/core/secret.ts'

test('a section is shown without its secrets; the secret key shows its length', () => {
  assert.equal(
    redactedSection('radius_server_challenge', [
      ['ikey', 'DIXXXXXXXXXXXXXXXXXX'],
      ['skey', new Secret('x'.repeat(40))],
      ['radius_ip_1', '192.0.2.0/24'],
      ['radius_secret_1', new Secret('test-secret-not-real')],
      ['port', 1812],
      ['debug', false],
    ]),
    '[radius_server_challenge] ikey=DIXXXXXXXXXXXXXXXXXX, skey=*****[40], radius_ip_1=192.0.2.0/24, ' +
      'radius_secret_1=*****, port=1812, debug=false',
  )
})

test('a secret that comes as plain text is masked by the name of its key', () => {
  const marked = 'MARKED-test-secret-not-real'
  const keys = [
    ['skey', 'skey_protected', 'secret', 'secret_protected', 'radius_secret_1', 'radius_secret_protected_12'],
    ['service_account_password', 'service_account_password_protected', 'http_proxy_password', 'state_key'],
    ['state_key_previous', 'key_passphrase', 'api_token'],
  ].flat()
  for (const key of keys) assert.ok(!redactedSection('main', [[key, marked]]).includes(marked), key)
  assert.equal(
    redactedSection('main', [['state_store', `redis://user:${marked}@redis.example:6379/0`]]),
    '[main] state_store=redis://*****@redis.example:6379/0',
  )
})
