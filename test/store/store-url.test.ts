import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {parseStoreUrl} from '../../src/core/store/store-url.ts'

const plain = {kind: 'single', tls: false, userName: undefined, password: undefined, database: 0, master: undefined}

test('every form of address', () => {
  const rows: readonly [string, object][] = [
    ['redis://redis.example.com', {...plain, hosts: [{host: 'redis.example.com', port: 6379}]}],
    ['rediss://[2001:db8::1]:6380/2', {...plain, tls: true, hosts: [{host: '2001:db8::1', port: 6380}], database: 2}],
    ['redis://:p%40ss@h', {...plain, hosts: [{host: 'h', port: 6379}], password: 'p@ss'}],
    ['redis://user:a:b@h', {...plain, hosts: [{host: 'h', port: 6379}], userName: 'user', password: 'a:b'}],
    [
      'rediss+sentinel://a,b:1/logins',
      {
        ...plain,
        kind: 'sentinel',
        tls: true,
        hosts: [
          {host: 'a', port: 26379},
          {host: 'b', port: 1},
        ],
        master: 'logins',
      },
    ],
    [
      'redis+cluster://a,b',
      {
        ...plain,
        kind: 'cluster',
        hosts: [
          {host: 'a', port: 6379},
          {host: 'b', port: 6379},
        ],
      },
    ],
  ]
  for (const [text, address] of rows) assert.deepEqual(parseStoreUrl(text), {ok: true, address}, text)
})

test('what is no address is said without its password', () => {
  for (const text of [
    '',
    'http://h',
    'redis://',
    'redis://h:0',
    'redis://a,b',
    'redis+sentinel://a',
    'redis://:secret@h/x y',
  ]) {
    const parsed = parseStoreUrl(text)
    assert.ok(!parsed.ok, text)
    assert.ok(!parsed.reason.includes('secret'))
  }
})

test('any text is read without a throw', () => {
  fc.assert(fc.property(fc.string(), (text) => typeof parseStoreUrl(text).ok === 'boolean'))
})
