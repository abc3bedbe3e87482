import assert from 'node:assert/strict'
import {test} from 'node:test'
import {createNotifier} from '../../src/core/service/notify.ts'
import {ManualWorld} from '../support/manual-world.ts'

function notifier(environment: Record<string, string>) {
  const world = new ManualWorld()
  const sent: (readonly string[])[] = []
  let status = 'serving'
  const made = createNotifier({
    world,
    environment,
    processId: 42,
    status: () => status,
    send: async (assignments) => void sent.push(assignments),
  })
  return {world, sent, made, becomes: (next: string) => (status = next)}
}

/** The status may come from other processes: it is there a turn later. */
async function afterMs(world: ManualWorld, ms: number): Promise<void> {
  world.advance(ms)
  await new Promise((resolve) => setImmediate(resolve))
}

test('systemd hears of start, reload and end', async () => {
  const {made, sent, world, becomes} = notifier({NOTIFY_SOCKET: '/run/systemd/notify'})
  await made.ready()
  await made.reloading()
  becomes('not\nready')
  await made.ready()
  await made.stopping()
  assert.deepEqual(sent, [
    ['READY=1', 'MAINPID=42', 'STATUS=serving'],
    ['RELOADING=1'],
    ['READY=1', 'MAINPID=42', 'STATUS=not ready'],
    ['STOPPING=1'],
  ])
  assert.equal(world.pendingTimers, 0)
})

test('the watchdog hears of the process twice in its time, and systemd how it is', async () => {
  const {made, sent, world, becomes} = notifier({NOTIFY_SOCKET: '@x', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '42'})
  await made.ready()
  await made.ready()
  sent.length = 0
  for (let passed = 0; passed < 3; passed++) await afterMs(world, 30_000)
  assert.deepEqual(
    sent,
    [1, 2, 3].map(() => ['WATCHDOG=1', 'STATUS=serving']),
  )
  becomes('logins cannot work')
  await afterMs(world, 30_000)
  assert.deepEqual(sent.at(-1), ['WATCHDOG=1', 'STATUS=logins cannot work'])
  made.close()
  assert.equal(world.pendingTimers, 0)
})

test('without systemd, or for another process, nothing is sent', async () => {
  const none = notifier({})
  await none.made.ready()
  assert.deepEqual(none.sent, [])
  const other = notifier({NOTIFY_SOCKET: '@x', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '41'})
  await other.made.ready()
  assert.equal(other.world.pendingTimers, 0)
})
