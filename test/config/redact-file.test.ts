import assert from 'node:assert/strict'
import {readdirSync, readFileSync} from 'node:fs'
import {test} from 'node:test'
import {fileURLToPath} from 'node:url'
import fc from 'fast-check'
import {redactFile} from '../../src/core/config/redact-file.ts'
import {kinds, optionsOf} from '../../src/core/config/schema.ts'

const secret = 'test-secret-not-real-xyz'

test('layout, keys and harmless values stay; secrets, unknown keys and comment values go', () => {
  const {text, secrets} = redactFile(
    [
      '; AD in the main office',
      `#skey=${secret}`,
      `  # old password: ${secret}`,
      '[main]',
      'debug = true',
      'http_proxy_host: proxy.example.com',
      `skey=${secret}`,
      '',
      '[ad_client]',
      'host=dc1.example.com',
      'search_dn=OU=People,',
      '  DC=example,DC=com',
      `service_account_password = ${secret}`,
      `  more of ${secret}`,
      `${secret}`,
      '[radius_server_challenge] ; note',
      'ikey=DIXXXXXXXXXXXXXXXXXX',
      'skey=0123456789012345678901234567890123456789',
      `radius_secert_1=${secret}`,
      `  radius_secret_2=${secret}`,
      'log_syslog_target=tls://user:pass@siem.example.com',
      '[nonsense]',
      'host=dc1.example.com',
    ].join('\r\n'),
  )
  assert.deepEqual(text.split('\n'), [
    '; AD in the main office',
    '#skey=*****',
    '  # old password:*****',
    '[main]',
    'debug = true',
    'http_proxy_host: proxy.example.com',
    'skey=*****[24]',
    '',
    '[ad_client]',
    'host=dc1.example.com',
    'search_dn=OU=People,',
    '  *****',
    'service_account_password = *****',
    '  *****',
    '*****',
    '[radius_server_challenge] *****',
    'ikey=DIXXXXXXXXXXXXXXXXXX',
    'skey=*****[40]',
    'radius_secert_1=*****',
    '  *****',
    'log_syslog_target=*****',
    '[nonsense]',
    'host=*****',
  ])
  assert.ok(secrets.includes('0123456789012345678901234567890123456789'))
})

test('the keys of an application in each other’s place are both masked', () => {
  const {text} = redactFile(
    '[radius_server_challenge]\nikey=0123456789012345678901234567890123456789\nskey=DIXXXXXXXXXXXXXXXXXX\n',
  )
  assert.equal(text, '[radius_server_challenge]\nikey=*****\nskey=*****[20]\n')
})

test('no secret option of any section shows its value', () => {
  for (const kind of kinds) {
    for (const [option, spec] of optionsOf(kind)) {
      if (spec.type !== 'secret' && spec.type !== 'skey') continue
      for (const name of [option, `${option}_protected`, ...(spec.aliases ?? [])]) {
        for (const key of [name, `${name}_1`, `${name}_17`, name.toUpperCase()]) {
          const {text} = redactFile(`[${kind}]\n${key} = ${secret}\n`)
          assert.ok(!text.includes(secret), key)
        }
      }
    }
  }
})

test('every line of every bad fixture keeps its number, and its secrets go', () => {
  const folder = fileURLToPath(new URL('../../fixtures/config/bad', import.meta.url))
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.cfg'))) {
    const original = readFileSync(`${folder}/${name}`, 'utf8')
    const {text} = redactFile(original)
    assert.equal(text.split('\n').length, original.split(/\r\n|\r|\n/).length, name)
    assert.doesNotMatch(text, /test-secret-not-real|testtesttest/, name)
  }
})

test('any text is masked without an exception', () => {
  fc.assert(fc.property(fc.string({unit: 'binary'}), (text) => void redactFile(text)))
})
