import assert from 'node:assert/strict'
import {test} from 'node:test'
import {ClientTable} from '../../src/core/radius/client-table.ts'
import {client} from './support.ts'

test('the smallest network that holds the source address wins', () => {
  const networks = ['0.0.0.0/0', '192.0.2.0/24', '192.0.2.7', '192.0.2.1-192.0.2.9', '2001:db8::/32', '2001:db8::7']
  const table = new ClientTable(networks.map((network) => client({network})))
  const found = {
    '192.0.2.7': '192.0.2.7',
    '::ffff:192.0.2.7': '192.0.2.7',
    '192.0.2.8': '192.0.2.1-192.0.2.9',
    '192.0.2.10': '192.0.2.0/24',
    '198.51.100.1': '0.0.0.0/0',
    '::ffff:192.0.2.10': '192.0.2.0/24',
    '2001:db8::7': '2001:db8::7',
    '2001:DB8:0::7': '2001:db8::7',
    '2001:db8::8': '2001:db8::/32',
  }
  for (const round of ['searched', 'remembered']) {
    for (const [address, name] of Object.entries(found)) assert.equal(table.lookup(address)?.name, name, round)
  }
})

test('an unknown or impossible source has no client', () => {
  const table = new ClientTable([client({network: '192.0.2.0/24'})])
  for (const address of ['198.51.100.1', '2001:db8::1', '', 'vpn.example.com']) {
    assert.equal(table.lookup(address), undefined)
  }
})

test('of two clients with the same network the first is taken', () => {
  for (const network of ['192.0.2.7', '192.0.2.0/24']) {
    const table = new ClientTable([client({network, section: 'one'}), client({network, section: 'two'})])
    assert.equal(table.lookup('192.0.2.7')?.section, 'one')
  }
})

test('more addresses than are remembered are still found', () => {
  const table = new ClientTable([client({network: '10.0.0.0/8'})])
  for (let i = 0; i < 10_000; i++) assert.ok(table.lookup(`10.0.${i >> 8}.${i & 255}`))
})
