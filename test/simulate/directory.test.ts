import assert from 'node:assert/strict'
import {connect} from 'node:net'
import {type TestContext, test} from 'node:test'
import fc from 'fast-check'
import {Client} from 'ldapts'
import {startFakeDirectory} from '../../src/core/simulate/directory.ts'
import {DirectoryTree, escapeDn, rdnsOf} from '../../src/core/simulate/directory-entries.ts'
import {authority, baseDn, certificate, content, groupDn, passwordOf} from '../primary/ldap/fixture.ts'
import {ManualWorld} from '../support/manual-world.ts'

async function start(t: TestContext, options: {requireProtection?: boolean} = {}) {
  const directory = await startFakeDirectory({content, certificate, ...options}, new ManualWorld())
  t.after(() => directory.close())
  return directory
}

/** Another implementation of LDAP, to judge the server by. */
function client(t: TestContext, url: string): Client {
  const made = url.startsWith('ldaps')
    ? new Client({url, tlsOptions: {ca: authority.cert, host: '127.0.0.1'}})
    : new Client({url})
  t.after(() => made.unbind())
  return made
}

const jdoeDn = `CN=John Doe,OU=People,${baseDn}`

for (const layer of ['clear', 'starttls', 'ldaps'] as const) {
  test(`another LDAP client binds and searches over ${layer}`, async (t) => {
    const directory = await start(t)
    const ldap = client(
      t,
      layer === 'ldaps' ? `ldaps://127.0.0.1:${directory.tlsPort}` : `ldap://127.0.0.1:${directory.port}`,
    )
    if (layer === 'starttls') await ldap.startTLS({ca: authority.cert, host: '127.0.0.1'})
    await assert.rejects(ldap.search(baseDn, {filter: '(cn=x)'}), /successful bind must be completed/)
    await ldap.bind('EXAMPLE\\jdoe', passwordOf('jdoe'))
    const found = await ldap.search(baseDn, {
      filter: '(&(objectClass=user)(sAMAccountName=jdoe))',
      attributes: ['cn', 'memberOf'],
    })
    assert.deepEqual(found.searchEntries, [{dn: jdoeDn, cn: 'John Doe', memberOf: groupDn('vpn')}])
  })
}

const filters: readonly [filter: string, users: readonly string[]][] = [
  ['(sAMAccountName=jdoe)', ['jdoe']],
  ['(samaccountname=JDOE)', ['jdoe']],
  ['(&(objectClass=user)(|(cn=bob)(cn=carol)))', ['bob', 'carol']],
  ['(&(objectClass=user)(sAMAccountName=p*))', ['password-expired', 'paul(ext)', 'pjones']],
  ['(sAMAccountName=*\\28ext\\29)', ['paul(ext)']],
  ['(&(sAMAccountName=*s*m*h*)(objectClass=user))', ['jsmith']],
  [`(memberOf=${groupDn('inner')})`, ['bob', 'middle']],
  [`(&(objectClass=user)(memberOf:1.2.840.113556.1.4.1941:=${groupDn('outer')}))`, ['bob']],
  ['(memberOf:1.2.3.4:=x)', []],
  ['(!(memberOf:1.2.3.4:=x))', []],
]

test('filters find whom they should', async (t) => {
  const directory = await start(t)
  const ldap = client(t, `ldap://127.0.0.1:${directory.port}`)
  await ldap.bind(jdoeDn, passwordOf('jdoe'))
  for (const [filter, users] of filters) {
    const {searchEntries} = await ldap.search(baseDn, {filter, attributes: ['sAMAccountName']})
    assert.deepEqual(searchEntries.map((entry) => entry.sAMAccountName).sort(), users, filter)
  }
})

test('scopes, limits and names that do not exist', async (t) => {
  const directory = await start(t)
  const ldap = client(t, `ldap://127.0.0.1:${directory.port}`)
  await ldap.bind('jdoe@example.com', passwordOf('jdoe'))
  const units = await ldap.search(baseDn, {scope: 'one', filter: '(objectClass=organizationalUnit)'})
  assert.deepEqual(units.searchEntries.map((entry) => entry.dn.split(',')[0]).sort(), [
    'OU=Contractors',
    'OU=Groups',
    'OU=People',
    'OU=Services',
  ])
  const base = await ldap.search(jdoeDn, {scope: 'base', filter: '(objectClass=*)', attributes: ['cn']})
  assert.equal(base.searchEntries.length, 1)
  const limited = await ldap.search(baseDn, {filter: '(objectClass=user)', sizeLimit: 3, attributes: ['cn']})
  assert.equal(limited.searchEntries.length, 3)
  await assert.rejects(ldap.search('DC=missing', {filter: '(cn=x)'}), /NO_OBJECT/)
})

test('a name without a password binds as nobody, a wrong password not at all', async (t) => {
  const directory = await start(t)
  const ldap = client(t, `ldap://127.0.0.1:${directory.port}`)
  await ldap.bind(jdoeDn, '')
  await assert.rejects(ldap.search(baseDn, {filter: '(cn=x)'}), /successful bind must be completed/)
  await assert.rejects(ldap.bind(jdoeDn, 'fake-wrong'), /data 52e/)
})

test('a directory that wants protection takes no simple bind in clear', async (t) => {
  const directory = await start(t, {requireProtection: true})
  await assert.rejects(
    client(t, `ldap://127.0.0.1:${directory.port}`).bind(jdoeDn, passwordOf('jdoe')),
    /integrity checking/,
  )
  await client(t, `ldaps://127.0.0.1:${directory.tlsPort}`).bind(jdoeDn, passwordOf('jdoe'))
})

test('no octets bring the directory down', async (t) => {
  const directory = await start(t)
  const send = (octets: Buffer) =>
    new Promise<void>((resolve) => {
      const socket = connect({host: '127.0.0.1', port: directory.port}, () => socket.end(octets))
      socket.on('error', () => {})
      socket.resume().on('close', () => resolve())
    })
  const search = Buffer.from(
    '30250201026320040b64633d6578616d706c650a01020a0100020100020100010100870463616c6c3000',
    'hex',
  )
  await fc.assert(
    fc.asyncProperty(fc.nat(search.length - 1), fc.nat(255), async (at, octet) => {
      const changed = Buffer.from(search)
      changed[at] = octet
      await send(changed)
    }),
    {numRuns: 60},
  )
  const ldap = client(t, `ldap://127.0.0.1:${directory.port}`)
  await ldap.bind(jdoeDn, passwordOf('jdoe'))
})

test('every name of the content is found again by its distinguished name', () => {
  const tree = new DirectoryTree(content)
  for (const entry of tree.entries) assert.equal(tree.at(entry.dn), entry)
  fc.assert(
    fc.property(fc.string({unit: 'grapheme', minLength: 1}), (name) => {
      assert.equal(rdnsOf(`CN=${escapeDn(name)},DC=x`).length, 2)
    }),
  )
})
