import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {decodeResume, encodeResume} from '../../src/core/primary/radius-resume.ts'

test('a resume is short where the host is an address, and comes back as it was', () => {
  const literal = {server: {host: '192.0.2.1', port: 1812, address: '192.0.2.1'}, state: Buffer.from('state')}
  assert.equal(encodeResume(literal).length, 2 + 1 + 9 + 1 + 5)
  assert.deepEqual(decodeResume(encodeResume(literal)), literal)
  const named = {server: {host: 'radius.example.com', port: 1812, address: '2001:db8::1'}, state: undefined}
  assert.deepEqual(decodeResume(encodeResume(named)), named)
})

test('any octets decode or are refused without a throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 300}), (octets) => {
      const resume = decodeResume(Buffer.from(octets))
      if (resume !== undefined) assert.ok(resume.server.host.length > 0)
    }),
  )
  for (const hex of ['', '07', '0714', '071400', '07140161', '0714016105']) {
    assert.equal(decodeResume(Buffer.from(hex, 'hex')), undefined, hex)
  }
})
