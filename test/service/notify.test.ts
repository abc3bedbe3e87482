import assert from 'node:assert/strict'
import {test} from 'node:test'
import {createNotifier} from '../../src/core/service/notify.ts'
import {ManualWorld} from '../support/manual-world.ts'

function notifier(environment: Record<string, string>) {
  const world = new ManualWorld()
  const sent: (readonly string[])[] = []
  let alive = true
  const made = createNotifier({
    world,
    environment,
    processId: 42,
    isAlive: () => alive,
    send: async (assignments) => void sent.push(assignments),
  })
  return {world, sent, made, die: () => (alive = false)}
}

test('systemd hears of start, reload and end', async () => {
  const {made, sent, world} = notifier({NOTIFY_SOCKET: '/run/systemd/notify'})
  await made.ready('2 sections')
  await made.reloading()
  await made.ready('3\nsections')
  await made.stopping()
  assert.deepEqual(sent, [
    ['READY=1', 'MAINPID=42', 'STATUS=2 sections'],
    ['RELOADING=1'],
    ['READY=1', 'MAINPID=42', 'STATUS=3 sections'],
    ['STOPPING=1'],
  ])
  assert.equal(world.pendingTimers, 0)
})

test('the watchdog hears of the process twice in its time, as long as it can serve', async () => {
  const {made, sent, world, die} = notifier({NOTIFY_SOCKET: '@x', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '42'})
  await made.ready('up')
  await made.ready('reloaded')
  sent.length = 0
  world.advance(90_000)
  assert.deepEqual(sent, [['WATCHDOG=1'], ['WATCHDOG=1'], ['WATCHDOG=1']])
  die()
  world.advance(60_000)
  assert.equal(sent.length, 3)
  made.close()
  assert.equal(world.pendingTimers, 0)
})

test('without systemd, or for another process, nothing is sent', async () => {
  const none = notifier({})
  await none.made.ready('up')
  assert.deepEqual(none.sent, [])
  const other = notifier({NOTIFY_SOCKET: '@x', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '41'})
  await other.made.ready('up')
  assert.equal(other.world.pendingTimers, 0)
})
