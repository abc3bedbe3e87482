import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {
  canonicalAddress,
  compareSpecificity,
  contains,
  formatAddress,
  formatEndpoint,
  type IpAddress,
  type Network,
  parseAddress,
  parseNetwork,
} from '../src/core/network.ts'

test('addresses are read and written in canonical form', () => {
  const canonical = {
    '192.0.2.1': '192.0.2.1',
    '255.255.255.255': '255.255.255.255',
    '0.0.0.0': '0.0.0.0',
    '::': '::',
    '::1': '::1',
    '2001:DB8:0:0:1:0:0:1': '2001:db8::1:0:0:1',
    '2001:db8:0:1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
    'fe80::1%eth0': 'fe80::1',
    '1::': '1::',
    '64:ff9b::192.0.2.33': '64:ff9b::c000:221',
    '::ffff:192.0.2.1': '192.0.2.1',
    '::ffff:c000:201': '192.0.2.1',
  }
  for (const [text, expected] of Object.entries(canonical)) {
    assert.equal(formatAddress(address(text)), expected)
    assert.equal(canonicalAddress(text), expected)
  }
})

test('what is no address is refused', () => {
  for (const text of ['', ' ', '192.0.2', '192.0.2.256', '192.0.02.1', '1:2', ':::', '1::2::3', 'localhost', '%eth0'])
    assert.deepEqual([parseAddress(text), canonicalAddress(text)], [undefined, undefined], text)
})

test('an endpoint with IPv6 stands in brackets', () => {
  assert.equal(formatEndpoint({address: '192.0.2.1', port: 1812}), '192.0.2.1:1812')
  assert.equal(formatEndpoint({address: '2001:db8::1', port: 1812}), '[2001:db8::1]:1812')
})

test('networks: address, prefix, netmask, range', () => {
  const bounds = {
    '192.0.2.1': ['192.0.2.1', '192.0.2.1'],
    ' 192.0.2.0/24 ': ['192.0.2.0', '192.0.2.255'],
    '192.0.2.7/24': ['192.0.2.0', '192.0.2.255'],
    '192.0.2.7/255.255.255.0': ['192.0.2.0', '192.0.2.255'],
    '192.0.2.0 / 0.0.0.255': ['192.0.2.0', '192.0.2.255'],
    '10.0.0.1/32': ['10.0.0.1', '10.0.0.1'],
    '10.0.0.1/255.255.255.255': ['10.0.0.1', '10.0.0.1'],
    '0.0.0.0/0': ['0.0.0.0', '255.255.255.255'],
    '10.1.2.3/0.0.0.0': ['0.0.0.0', '255.255.255.255'],
    '192.0.2.10 - 192.0.2.20': ['192.0.2.10', '192.0.2.20'],
    '2001:db8::/32': ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
    '2001:db8::5/ffff:ffff::': ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
    '2001:db8::1-2001:db8::a': ['2001:db8::1', '2001:db8::a'],
    '::ffff:10.0.0.0/104': ['10.0.0.0', '10.255.255.255'],
    '::/0': ['::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  }
  for (const [text, [first, last]] of Object.entries(bounds)) {
    const {family, ...found} = network(text)
    assert.equal(formatAddress({family, value: found.first}), first, text)
    assert.equal(formatAddress({family, value: found.last}), last, text)
    assert.equal(found.text, text.trim())
  }
})

test('a bad network says why', () => {
  const reasons = {
    '': 'an IP address is missing',
    'vpn.example.com': '"vpn.example.com" is not an IP address',
    '192.0.2.0/33': 'the prefix length of an IPv4 network is 0 to 32',
    '2001:db8::/129': 'the prefix length of an IPv6 network is 0 to 128',
    '::ffff:10.0.0.0/8': 'the prefix length of an IPv4-mapped network is 96 to 128',
    '192.0.2.0/': '"" is neither a prefix length nor a netmask',
    '192.0.2.0/255.0.255.0': '255.0.255.0 is not a netmask: its one bits are not in one run',
    '192.0.2.0/ffff::': 'the address and the netmask are of different IP versions',
    '192.0.2.9-192.0.2.1': 'the range ends before it starts',
    '192.0.2.9-2001:db8::1': 'the ends of the range are of different IP versions',
    '192.0.2.9-20': '"20" is not an IP address',
    '192.0.2.9-': 'an IP address is missing',
  }
  for (const [text, reason] of Object.entries(reasons)) assert.deepEqual(parseNetwork(text), {ok: false, reason}, text)
})

test('the smallest network that contains an address comes first', () => {
  const sorted = ['0.0.0.0/0', '10.0.0.0/8', '10.0.0.1-10.0.0.3', '10.0.0.0/24', '10.0.0.2', '::/0'].map(network)
  sorted.sort(compareSpecificity)
  const match = (text: string) => sorted.find((candidate) => contains(candidate, address(text)))?.text
  assert.equal(match('10.0.0.2'), '10.0.0.2')
  assert.equal(match('10.0.0.3'), '10.0.0.1-10.0.0.3')
  assert.equal(match('10.0.0.9'), '10.0.0.0/24')
  assert.equal(match('10.9.0.0'), '10.0.0.0/8')
  assert.equal(match('192.0.2.1'), '0.0.0.0/0')
  assert.equal(match('::ffff:10.0.0.2'), '10.0.0.2')
  assert.equal(match('2001:db8::1'), '::/0')
})

test('every address survives being written and read', () => {
  const family4 = fc.bigInt({min: 0n, max: (1n << 32n) - 1n}).map((value): IpAddress => ({family: 4, value}))
  const family6 = fc
    .bigInt({min: 0n, max: (1n << 128n) - 1n})
    .filter((value) => value >> 32n !== 0xffffn)
    .map((value): IpAddress => ({family: 6, value}))
  fc.assert(fc.property(fc.oneof(family4, family6), (any) => assert.deepEqual(parseAddress(formatAddress(any)), any)))
})

test('any text is a network or a reason', () => {
  const alphabet = fc.constantFrom(...'0123456789abf:./-% '.split(''))
  fc.assert(
    fc.property(fc.string({unit: alphabet, maxLength: 30}), (text) => {
      const parsed = parseNetwork(text)
      assert.ok(parsed.ok ? parsed.network.first <= parsed.network.last : parsed.reason.length > 0)
    }),
  )
})

function address(text: string): IpAddress {
  const parsed = parseAddress(text)
  assert.ok(parsed, text)
  return parsed
}

function network(text: string): Network {
  const parsed = parseNetwork(text)
  assert.ok(parsed.ok, text)
  return parsed.network
}
