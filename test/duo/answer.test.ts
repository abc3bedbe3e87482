import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {readAnswer} from '../../src/core/duo/answer.ts'

const fail = (code: number) => JSON.stringify({stat: 'FAIL', code, message: 'no', message_detail: 'because'})

const table: readonly [string, number, string, string, string][] = [
  ["5xx with Duo's JSON", 503, fail(50302), 'unavailable', 'server-error'],
  ['5xx without JSON', 502, '<html>Bad gateway</html>', 'unavailable', 'server-error'],
  ["Duo's JSON says 5xx, the status was flattened", 200, fail(50001), 'unavailable', 'server-error'],
  ['OK without response', 200, '{"stat":"OK"}', 'unavailable', 'malformed'],
  ['no stat', 200, '{}', 'unavailable', 'malformed'],
  ['neither OK nor FAIL', 200, '{"stat":"MAYBE","response":{}}', 'unavailable', 'malformed'],
  ['JSON that is no object', 200, '[1]', 'unavailable', 'malformed'],
  ['bad keys', 401, fail(40103), 'refused', 'duo'],
  ['policy', 403, fail(40301), 'refused', 'duo'],
  ['bad request', 400, fail(40002), 'refused', 'duo'],
  ['FAIL without a code', 401, '{"stat":"FAIL"}', 'refused', 'duo'],
  ['FAIL without a code at 200', 200, '{"stat":"FAIL"}', 'refused', 'duo'],
  ['rate limit', 429, fail(42901), 'refused', 'rate-limited'],
  ['rate limit without JSON', 429, 'slow down', 'refused', 'rate-limited'],
  ['4xx without JSON', 403, '<html>blocked</html>', 'refused', 'not-duo'],
  ['4xx with an OK of Duo', 404, '{"stat":"OK","response":{}}', 'refused', 'not-duo'],
  ['2xx without JSON', 200, '<html>Welcome to the hotel</html>', 'refused', 'not-duo'],
  ['2xx, empty', 204, '', 'refused', 'not-duo'],
  ['malformed JSON', 200, '{"stat":"OK","response":{', 'refused', 'not-duo'],
  ['a redirect', 302, '', 'refused', 'redirect'],
  ['a redirect with an answer in it', 307, '{"stat":"OK","response":{"result":"allow"}}', 'refused', 'redirect'],
]

for (const [name, status, body, kind, reason] of table) {
  test(`${name}: ${kind}, ${reason}`, () => {
    const answer = readAnswer(status, body, 1)
    assert.equal(answer.kind, kind)
    assert.equal('reason' in answer ? answer.reason : undefined, reason)
  })
}

test('only a 2xx with stat OK and a response is ok', () => {
  assert.deepEqual(readAnswer(200, '{"stat":"OK","response":{"time":1}}', 3), {
    kind: 'ok',
    response: {time: 1},
    elapsedMs: 3,
  })
  fc.assert(
    fc.property(fc.integer({min: 100, max: 999}), fc.oneof(fc.string(), fc.json()), (status, body) => {
      assert.notEqual(readAnswer(status, body, 0).kind, 'ok')
    }),
  )
})

test('the cause tells what Duo said, cut to a line', () => {
  const answer = readAnswer(401, fail(40103), 0)
  assert.equal('cause' in answer ? answer.cause : '', '40103 no because')
  const long = readAnswer(401, JSON.stringify({stat: 'FAIL', code: 40101, message: 'x'.repeat(5000)}), 0)
  assert.equal('cause' in long ? long.cause.length : 0, 200)
})
