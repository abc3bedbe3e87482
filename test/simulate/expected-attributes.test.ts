import assert from 'node:assert/strict'
import {test} from 'node:test'
import {type Attribute, packetCode} from '../../src/core/radius/packet.ts'
import {lostAttributes} from '../../src/core/simulate/expected-attributes.ts'
import type {LoginReport} from '../../src/core/simulate/nas.ts'
import {writtenAttribute} from '../../src/core/simulate/nas-request.ts'

function written(text: string): Attribute {
  const made = writtenAttribute(text)
  assert.ok(made.ok)
  return made.attribute
}

function ended(outcome: LoginReport['outcome'], attributes: readonly Attribute[]): LoginReport {
  const packet = (code: number) => ({code, identifier: 1, authenticator: Buffer.alloc(16), attributes})
  const round = {
    sent: packet(packetCode.accessRequest),
    server: 0,
    request: Buffer.alloc(0),
    sends: 1,
    refused: [],
    elapsedMs: 1,
    reply: {packet: packet(packetCode.accessAccept), datagram: Buffer.alloc(0), messageAuthenticator: 'valid' as const},
  }
  return {outcome, rounds: [round], elapsedMs: 1, problem: undefined}
}

const expected = (...texts: string[]) => texts.map((text) => ({text, attribute: written(text)}))

test('what the Accept brings is not lost, the value must be the same', () => {
  const accept = ended('accept', [written('Class=staff'), written('Session-Timeout=60')])
  assert.deepEqual(lostAttributes(accept, expected('Session-Timeout=60', 'Class=staff')), [])
  assert.deepEqual(lostAttributes(accept, expected('Session-Timeout=61', 'Filter-Id=vpn')), [
    'Session-Timeout=61',
    'Filter-Id=vpn',
  ])
})

test('attributes of a vendor count also when they travel in one Vendor-Specific', () => {
  const pair = ['Cisco-AVPair=a=1', 'Cisco-AVPair=b=2'].map(written)
  const together = {type: 26, value: Buffer.concat(pair.map(({value}, at) => (at === 0 ? value : value.subarray(4))))}
  assert.deepEqual(lostAttributes(ended('accept', [together]), expected('Cisco-AVPair=b=2', 'Cisco-AVPair=a=1')), [])
  assert.deepEqual(lostAttributes(ended('accept', [together]), expected('Cisco-AVPair=c=3')), ['Cisco-AVPair=c=3'])
})

test('nothing is lost of a login that was not accepted', () => {
  assert.deepEqual(lostAttributes(ended('reject', []), expected('Class=staff')), [])
})
