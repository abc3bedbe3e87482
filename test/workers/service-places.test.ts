import assert from 'node:assert/strict'
import {test} from 'node:test'
import {ServicePlaces} from '../../src/core/workers/service-places.ts'
import {ManualWorld} from '../support/manual-world.ts'

const listener = '*:1812'

function login(address: string, loginsPerSecond = 0) {
  return {listener, request: {address, isNewLogin: true, loginsPerSecond}}
}

test('logins a second are counted over all workers, for each address', () => {
  const world = new ManualWorld()
  const places = new ServicePlaces(world)
  const workers = [places.of({}), places.of({})]
  const taken = Array.from({length: 30}, (_, n) => workers[n % 2]?.take(login('192.0.2.1', 2)))
  assert.equal(taken.filter((full) => full === undefined).length, 20)
  assert.equal(taken.at(-1), 'this address begins more than 2 logins a second')
  assert.equal(workers[1]?.take(login('192.0.2.2', 2)), undefined)
  world.advance(500)
  assert.deepEqual(
    workers.map((worker) => worker.take(login('192.0.2.1', 2))),
    [undefined, 'this address begins more than 2 logins a second'],
  )
})

test('what is in work is counted over all workers, and a worker that is gone leaves its places', () => {
  const places = new ServicePlaces(new ManualWorld())
  const [one, other] = [{}, {}]
  const [ofOne, ofOther] = [places.of(one), places.of(other)]
  for (let n = 0; n < 12_000; n++) assert.equal((n < 8000 ? ofOne : ofOther).take(login('192.0.2.1')), undefined)
  const full = '12000 new logins of this address are in work'
  assert.deepEqual([ofOne.take(login('192.0.2.1')), ofOther.take(login('192.0.2.1'))], [full, full])
  assert.equal(ofOther.take({...login('192.0.2.1'), listener: '*:1813'}), undefined)
  ofOther.free(login('192.0.2.1'))
  assert.equal(ofOther.take(login('192.0.2.1')), undefined)
  places.leave(one)
  for (let n = 0; n < 8000; n++) assert.equal(ofOther.take(login('192.0.2.1')), undefined)
  assert.equal(ofOther.take(login('192.0.2.1')), full)
  places.leave(other)
  const third = places.of({})
  for (let n = 0; n < 12_000; n++) assert.equal(third.take(login('192.0.2.1')), undefined)
})
