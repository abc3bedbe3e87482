import assert from 'node:assert/strict'
import {test} from 'node:test'
import {checkLines} from '../../src/core/probes/check-text.ts'
import {PASSWORD, startRedis} from '../support/redis.ts'
import {
  authority,
  checksOf,
  cloud,
  directory,
  directorySection,
  fileOf,
  groupDn,
  radiusSection,
  radiusServer,
  serverSection,
} from './worlds/world.ts'

test('a healthy world passes every check, over clear LDAP, StartTLS, LDAPS and RADIUS', async (t) => {
  const duo = await cloud(t)
  const server = await directory(t)
  const radius = await radiusServer(t)
  const ca = fileOf(t, 'ad-ca.pem', authority.cert)
  const group = groupDn('vpn')
  const checks = await checksOf(t, {
    sections: {
      ad_client: directorySection(server, {auth_type: 'ntlm2', bind_dn: undefined, ntlm_domain: 'EXAMPLE'}),
      ad_client2: directorySection(server, {
        transport: 'starttls',
        host: 'localhost',
        ssl_ca_certs_file: ca,
        security_group_dn: group,
      }),
      ad_client3: directorySection(
        {port: server.tlsPort ?? 0},
        {
          transport: 'ldaps',
          host: 'localhost',
          ssl_ca_certs_file: ca,
          security_group_dn: group,
          security_group_nested: 'true',
        },
      ),
      radius_client: radiusSection(radius.endpoint),
      radius_server_challenge: await serverSection(t, duo, {client: 'ad_client'}),
    },
    context: {user: 'jdoe', radiusUser: 'nobody'},
  })
  assert.deepEqual(checks.filter(({status}) => status === 'failed').flatMap(checkLines), [])
})

test('a shared store in a real Redis keeps and forgets a key', async (t) => {
  const redis = await startRedis(t)
  if (redis === undefined) return
  t.after(() => redis.server.stop())
  const checks = await checksOf(
    t,
    {
      sections: {
        main: {
          state_key: 'test-state-key-not-real-test-state-key-0',
          state_store: `redis://:${PASSWORD}@127.0.0.1:${redis.port}/1`,
        },
        duo_only_client: {},
        radius_server_challenge: await serverSection(t, await cloud(t)),
      },
    },
    'main',
  )
  const store = checks.find(({check}) => check === 'store')
  assert.deepEqual([store?.status, store?.detail], ['ok', 'keeps and forgets a key'])
})
