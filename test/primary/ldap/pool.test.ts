import assert from 'node:assert/strict'
import {Duplex} from 'node:stream'
import {test} from 'node:test'
import {Pool} from '../../../src/core/primary/ldap/pool.ts'
import {LdapSession} from '../../../src/core/primary/ldap/session.ts'
import {ManualWorld} from '../../support/manual-world.ts'

const never = new AbortController().signal

function smallPool(): Pool<never> {
  const session = () => new LdapSession(new Duplex({read() {}, write: (_chunk, _encoding, done) => done()}), undefined)
  const open = async () => ({ok: true, session: session()}) as const
  return new Pool<never>(open, {max: 1, maxWaiting: 2, idleMs: 60_000}, new ManualWorld())
}

async function held(pool: Pool<never>): Promise<LdapSession> {
  const lease = await pool.take(never)
  assert.ok(lease.ok)
  return lease.session
}

test('who comes when too many wait is turned away at once; those who wait get their turn', async () => {
  const pool = smallPool()
  const session = await held(pool)
  const waiting = [pool.take(never), pool.take(never)]
  assert.deepEqual(await pool.take(never), {ok: false, failure: 'busy'})
  for (const turn of waiting) {
    pool.give(session)
    assert.deepEqual(await turn, {ok: true, session, fresh: false})
  }
  const [one, two] = [pool.take(never), pool.take(never)]
  assert.deepEqual(await pool.take(never), {ok: false, failure: 'busy'}, 'the places in the row are free again')
  pool.close()
  assert.deepEqual(await one, {ok: false, failure: 'aborted'})
  assert.deepEqual(await two, {ok: false, failure: 'aborted'})
})

test('a wait that ends without a connection was a queue of ours, and leaves the row', async () => {
  const pool = smallPool()
  await held(pool)
  const limit = new AbortController()
  const waiting = [pool.take(limit.signal), pool.take(limit.signal)]
  limit.abort()
  for (const turn of waiting) assert.deepEqual(await turn, {ok: false, failure: 'busy'})
  const next = pool.take(never)
  pool.close()
  assert.deepEqual(await next, {ok: false, failure: 'aborted'}, 'it had a place in the row')
})
