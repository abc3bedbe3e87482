import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {canonicalParameters, signedDate, signingKey, signV1, signV2, signV5} from '../../src/core/duo/signature.ts'
import {Secret} from '../../src/core/secret.ts'
import {checkSignature} from '../../src/core/simulate/duo-cloud-signatures.ts'

/** The hex signature in an Authorization header. */
function signatureIn(header: string): string {
  const encoded = header.replace(/^Basic /, '')
  return Buffer.from(encoded, 'base64').toString('utf8').split(':')[1] ?? ''
}

// Keys of published examples; none was ever good for anything.
const docs = signingKey('DIWJ8X6AEYOR5OMC6TQ1', new Secret('Zh5eGmUq9zpfQnyUIu5OL9iWoMMv5ZNmk3zLJ4Ep'))
const accountList = {method: 'POST', host: 'api-xxxxxxxx.duosecurity.com', path: '/accounts/v1/account/list'} as const
const root = {realname: 'First Last', username: 'root'}
const docsDate = 'Tue, 21 Aug 2012 17:29:18 -0000'

test("version 2, HMAC-SHA1: the example of Duo's documentation", () => {
  assert.equal(
    signV2(docs, accountList, canonicalParameters(root), docsDate, 'sha1'),
    'Basic RElXSjhYNkFFWU9SNU9NQzZUUTE6MmQ5N2Q2MTY2MzE5NzgxYjVhM2EwN2FmMzlkMzY2ZjQ5MTIzNGVkYw==',
  )
})

test("version 2, HMAC-SHA512: the example of Duo's documentation", () => {
  assert.equal(
    signatureIn(signV2(docs, accountList, canonicalParameters(root), docsDate)),
    '1bffb8924348f7db7da9e7d7d749ded93aafd02d8e904960da7b96c57510220185a64a2827ee8f24ac5d30802a9ee97e59de44b304b18242f0d596d15a8122af',
  )
})

test('version 2: parameters outside ASCII, a host and a path in mixed case', () => {
  const key = signingKey('test_ikey', new Secret('gtdfxv9YgVBYcF6dl2Eq17KUQJN2PLM2ODVTkvoT'))
  const line = {method: 'POST', host: 'foO.BAr52.cOm', path: '/Foo/BaR2/qux'} as const
  const date = 'Fri, 07 Dec 2012 17:18:00 -0000'
  const parameters = {
    '\u469a\u287b\u35d0\u8ef3\u6727\u502a\u0810\ud091\xc8\uc170':
      '\u0f45\u1a76\u341a\u654c\uc23f\u9b09\uabe2\u8343\u1b27\u60d0',
    '\u7449\u7e4b\uccfb\u59ff\ufe5f\u83b7\uadcc\u900c\ucfd1\u7813':
      '\u8db7\u5022\u92d3\u42ef\u207d\u8730\uacfe\u5617\u0946\u4e30',
    '\u7470\u9314\u901c\u9eae\u40d8\u4201\u82d8\u8c70\u1d31\ua042':
      '\u17d9\u0ba8\u9358\uaadf\ua42a\u48be\ufb96\u6fe9\ub7ff\u32f3',
    '\uc2c5\u2c1d\u2620\u3617\u96b3F\u8605\u20e8\uac21\u5934':
      '\ufba9\u41aa\ubd83\u840b\u2615\u3e6e\u652d\ua8b5\ud56bU',
  }
  assert.equal(
    signatureIn(signV2(key, line, canonicalParameters(parameters), date, 'sha1')),
    'f01811cbbf9561623ab45b893096267fd46a5178',
  )
  assert.equal(
    signatureIn(signV2(key, line, canonicalParameters(parameters), date)),
    '0508065035a03b2a1de2f453e629e791d180329e157f65df6b3e0f08299d4321e1c5c7a7c7ee6b9e5fc80d1fb6fbf3ad5eb7c44dd3b3985a02c37aca53ec3698',
  )
})

test('version 5: the vectors of duo_hmac_python, the date in X-Duo-Date', () => {
  const key = signingKey('DIABCDEFGHIJKLMNOPQR', new Secret('test'.repeat(10)))
  const host = 'api-xxxxxxxx.duosecurity.com'
  const date = 'Fri, 24 May 2024 12:00:00 -0000'
  const vectors = [
    {
      method: 'GET',
      query: {},
      body: '',
      signature:
        'c454639d75b4e3d99b8b1d5e41cd7bb2d2d8ba55f6811f786dfb0edd4facd2f3a5e6d6c837f31f6826706325b4ed7dcdc5f11164948e57a7032a524990e01583',
    },
    {
      method: 'POST',
      query: {},
      body: '{}',
      signature:
        '12a05d783b2e58e36f37df8a6907835496fbe20fb3d04b15036c82b1694fc58d1c0451b937fb9ba6e7c2b44d89b473af708166183d216aea13e52742a57f239f',
    },
    {
      method: 'GET',
      query: {foo: 'bar'},
      body: '',
      signature:
        '88fe80f3b242b992f4b301408d524a886274d3ed0c4c7bd184e1b4ff378e68ea05d9433c09938078c49517a6c4264c950be9ff5cc28ad2d448cea24bc93887ca',
    },
    {
      method: 'POST',
      query: {},
      body: '{"foo":"bar"}',
      signature:
        '643770af31006c584a758d926250e46a90d79100d21f7a0313c3e77d64fa3c5d2c94e2c9081a2b65343cc3d5f2ed21f7300ea50b00640cb1760f323192307d37',
    },
  ] as const
  for (const {method, query, body, signature} of vectors) {
    const request = {query, body, duoHeaders: {'X-Duo-Date': date}}
    assert.equal(signatureIn(signV5(key, {method, host, path: '/api/path'}, request, date)), signature)
  }
})

test('the characters that encodeURIComponent leaves are encoded; sorting is by code unit of the encoded name', () => {
  assert.equal(canonicalParameters({a: "!'()*~-_. +&="}), 'a=%21%27%28%29%2A~-_.%20%2B%26%3D')
  assert.equal(canonicalParameters({foo_bar: '2', foo: '1', Z: '0', ä: '3'}), '%C3%A4=3&Z=0&foo=1&foo_bar=2')
})

test('a lone surrogate does not throw', () => {
  assert.equal(canonicalParameters({a: '\ud800'}), 'a=%EF%BF%BD')
})

test('the date is RFC 2822 in UTC', () => {
  assert.equal(signedDate(Date.UTC(2012, 7, 21, 17, 29, 18)), docsDate)
})

test('whatever the parameters, the fake cloud, which signs apart, finds versions 1, 2 and 5 right, and no other text', () => {
  const integration = {ikey: 'DITEST', skey: 'test-skey-not-real'}
  const key = signingKey(integration.ikey, new Secret(integration.skey))
  const line = {method: 'POST', host: 'localhost', path: '/rest/v1/auth'} as const
  const nowMs = Date.UTC(2026, 0, 5)
  const date = signedDate(nowMs)
  const form = {'content-type': 'application/x-www-form-urlencoded'}
  const values = fc.dictionary(fc.string({unit: 'binary'}), fc.string({unit: 'binary'}))
  fc.assert(
    fc.property(values, (parameters) => {
      const body = canonicalParameters(parameters)
      const request = {method: 'POST', host: 'localhost', path: line.path, query: '', body}
      const check = (headers: Record<string, string>, text = body) =>
        checkSignature({...request, body: text, headers}, integration, nowMs, true)
      const v1 = {...form, authorization: signV1(key, line, canonicalParameters(parameters))}
      const v2 = {...form, date, authorization: signV2(key, line, canonicalParameters(parameters), date)}
      const v5 = {
        'content-type': 'application/json',
        'x-duo-date': date,
        authorization: signV5(key, line, {query: {}, body, duoHeaders: {'X-Duo-Date': date}}, date),
      }
      assert.deepEqual(check(v1), {ok: true, version: 1})
      assert.deepEqual(check(v2), {ok: true, version: 2})
      assert.deepEqual(check(v5), {ok: true, version: 5})
      for (const headers of [v1, v2, v5]) assert.equal(check(headers, `${body}&more=1`).ok, false)
    }),
  )
})
