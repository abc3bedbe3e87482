import assert from 'node:assert/strict'
import {setTimeout as sleep} from 'node:timers/promises'
import type {LoginReport} from '../../src/core/simulate/nas.ts'
import type {ServedProxy} from './serve-process.ts'

/** What a login typed, where that alone may let it in. */
export type Typed = {readonly passcode?: boolean}

/**
 * What holds for every login of a user who logs in once, whatever broke meanwhile: at most one push, and no Accept but by
 * an approval, by a passcode, or by a bypass that was logged.
 */
export async function assertSound(
  nodes: readonly ServedProxy[],
  userName: string,
  {outcome}: LoginReport,
  typed: Typed = {},
): Promise<void> {
  const [{cloud} = assert.fail('no node')] = nodes
  const pushes = cloud.pushes.filter((push) => push.userName === userName)
  assert.ok(pushes.length <= 1, `${pushes.length} pushes for ${userName}`)
  if (outcome !== 'accept') return
  const approved = pushes.some((push) => push.outcome === 'allow')
  if (approved || typed.passcode === true) return
  const isLogged = () => nodes.some((node) => node.log('authproxy.log').includes(`BYPASS: '${userName}'`))
  // The log is written behind the logins.
  for (let looks = 0; !isLogged(); looks++) {
    assert.ok(looks < 100, `${userName} was let in by nothing`)
    await sleep(50)
  }
}

/** What the process holds, as its metrics tell. */
export type Held = {
  readonly pendingRequests: number
  readonly pendingPushes: number
  readonly timers: number
  readonly udpSockets: number
}

export async function held(metricsPort: number): Promise<Held> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  const gauge = (line: string) => Number(new RegExp(`^${line} (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
  return {
    pendingRequests: gauge('authproxy_pending_requests'),
    pendingPushes: gauge('authproxy_pending_pushes'),
    timers: gauge('nodejs_active_resources\\{type="Timeout"\\}'),
    udpSockets: gauge('nodejs_active_resources\\{type="UDPWrap"\\}'),
  }
}

/** Waits until no request is in work; fails when that does not come. */
export async function untilIdle(metricsPort: number): Promise<Held> {
  const endMs = performance.now() + 20_000
  for (;;) {
    const now = await held(metricsPort)
    if (now.pendingRequests === 0 && now.pendingPushes === 0) return now
    assert.ok(performance.now() < endMs, `still in work: ${JSON.stringify(now)}`)
    await sleep(50)
  }
}
