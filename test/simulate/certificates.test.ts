import assert from 'node:assert/strict'
import {X509Certificate} from 'node:crypto'
import {test} from 'node:test'
import {createCertificateAuthority, EXPIRED} from '../../src/core/simulate/certificates.ts'

test('a server certificate is signed by its authority and carries its names and addresses', () => {
  const authority = createCertificateAuthority()
  const ca = new X509Certificate(authority.cert)
  const leaf = new X509Certificate(authority.issue(['dc1.corp.example', '127.0.0.1', '2001:db8::1']).cert)
  assert.equal(ca.ca, true)
  assert.equal(leaf.ca, false)
  assert.equal(leaf.verify(ca.publicKey), true)
  assert.equal(leaf.checkIssued(ca), true)
  assert.equal(leaf.checkHost('dc1.corp.example'), 'dc1.corp.example')
  assert.equal(leaf.checkIP('127.0.0.1'), '127.0.0.1')
  assert.equal(leaf.checkIP('2001:db8::1'), '2001:db8::1')
  assert.equal(leaf.checkHost('dc2.corp.example'), undefined)
})

test('every certificate has a serial number of its own', () => {
  const authority = createCertificateAuthority()
  const serials = [1, 2, 3].map(() => new X509Certificate(authority.issue(['localhost']).cert).serialNumber)
  assert.equal(new Set(serials).size, 3)
})

test('an expired certificate is expired, and dates beyond 2049 are written as RFC 5280 wants them', () => {
  const authority = createCertificateAuthority()
  const expired = new X509Certificate(authority.issue(['localhost'], {validity: EXPIRED}).cert)
  assert.equal(expired.validToDate.getTime(), EXPIRED.untilMs)
  const untilMs = Date.UTC(2060, 5, 1)
  const late = new X509Certificate(authority.issue(['localhost'], {validity: {fromMs: 0, untilMs}}).cert)
  assert.equal(late.validToDate.getTime(), untilMs)
})
