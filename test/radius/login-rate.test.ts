import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {LoginRates} from '../../src/core/radius/login-rate.ts'
import {ManualWorld} from '../support/manual-world.ts'

const nas = '192.0.2.1'

function taken(rates: LoginRates, tries: number, address = nas): number {
  return Array.from({length: tries}, () => rates.admits(address, 5)).filter((admitted) => admitted).length
}

test('ten seconds of logins at once, then as many a second as it says; an address that was quiet has all of it again', () => {
  const world = new ManualWorld()
  const rates = new LoginRates(world)
  assert.equal(taken(rates, 1000), 50)
  world.advance(1000)
  assert.equal(taken(rates, 1000), 5)
  world.advance(60_000)
  assert.equal(taken(rates, 1000), 50)
})

test('each address has its own, and 0 is no limit', () => {
  const rates = new LoginRates(new ManualWorld())
  assert.equal(taken(rates, 1000), 50)
  assert.equal(taken(rates, 1000, '192.0.2.2'), 50)
  for (let login = 0; login < 1000; login++) assert.ok(rates.admits('192.0.2.3', 0))
})

test('what is remembered has a bound, and goes with time', () => {
  const world = new ManualWorld()
  const rates = new LoginRates(world, 100)
  for (let host = 0; host < 1000; host++) rates.admits(`2001:db8::${host}`, 5)
  assert.equal(rates.addresses, 100)
  world.advance(1000)
  rates.admits(nas, 5)
  assert.equal(rates.addresses, 1)
})

test('in any time no more begin than the limit and ten seconds of it allow', () => {
  const waits = fc.array(fc.nat(400), {minLength: 50, maxLength: 300})
  fc.assert(
    fc.property(waits, fc.integer({min: 1, max: 50}), (pauses, perSecond) => {
      const world = new ManualWorld()
      const rates = new LoginRates(world)
      let admitted = 0
      for (const ms of pauses) {
        world.advance(ms)
        for (let login = 0; login < 20; login++) if (rates.admits(nas, perSecond)) admitted++
      }
      assert.ok(admitted <= (perSecond * (10_000 + world.monotonicMs())) / 1000 + 1)
    }),
  )
})
