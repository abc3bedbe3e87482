import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {TestContext} from 'node:test'
import {
  createDuoSecondFactor,
  type DuoSecondFactor,
  type DuoSecondFactorOptions,
} from '../../src/core/duo/second-factor.ts'
import {createLog, type Log, type LogRecord} from '../../src/core/log/log.ts'
import {Secret} from '../../src/core/secret.ts'
import {type DuoCloud, type DuoCloudOptions, startDuoCloud} from '../../src/core/simulate/duo-cloud.ts'
import type {Cancel, World} from '../../src/core/world.ts'
import {ManualWorld} from '../support/manual-world.ts'

export type DuoLab = {
  readonly world: LabWorld
  readonly cloud: DuoCloud
  readonly factor: DuoSecondFactor
  readonly log: Log
  readonly records: readonly LogRecord[]
  readonly options: DuoSecondFactorOptions
  /** Another factor against the same cloud. */
  readonly another: (changes: Partial<DuoSecondFactorOptions>) => DuoSecondFactor
}

export const never = new AbortController().signal

export const jdoe = {
  userName: 'jdoe',
  phones: [{number: '5551234', name: 'phone of jdoe'}],
  passcodes: ['123456'],
} as const

/** A fake cloud and the product's client for it; both end with the test. */
export async function startLab(
  t: TestContext,
  setup: {cloud?: Partial<DuoCloudOptions>; options?: Partial<DuoSecondFactorOptions>} = {},
): Promise<DuoLab> {
  const world = new LabWorld()
  const cloud = await startDuoCloud({world, users: [jdoe], ...setup.cloud})
  t.after(() => cloud.close())
  const {log, records} = recordingLog(world)
  const options: DuoSecondFactorOptions = {
    apiHost: 'localhost',
    apiPort: cloud.port,
    ikey: cloud.integration.ikey,
    skey: new Secret(cloud.integration.skey),
    duoApi: 'auto',
    failMode: 'safe',
    preauthTimeoutMs: 10_000,
    factorTimeoutMs: 70_000,
    caFile: writeCaFile(t, cloud.caCert),
    proxy: undefined,
    userAgent: 'authproxy/test',
    connections: 100,
    ...setup.options,
  }
  const another = (changes: Partial<DuoSecondFactorOptions>) => {
    const factor = createDuoSecondFactor({...options, ...changes}, log, world)
    t.after(() => factor.close())
    return factor
  }
  return {world, cloud, factor: another({}), log, records, options, another}
}

export function recordingLog(world: World): {log: Log; records: LogRecord[]} {
  const records: LogRecord[] = []
  const sink = {write: (record: LogRecord) => records.push(record), close: async () => {}}
  return {log: createLog(world, [sink], {debug: true}), records}
}

export function writeCaFile(t: TestContext, pem: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-duo-'))
  t.after(() => rmSync(folder, {recursive: true}))
  const path = join(folder, 'ca.pem')
  writeFileSync(path, pem)
  return path
}

/** Lets sockets work until the condition holds; throws when it does not come true at all. */
export async function until(condition: () => boolean): Promise<void> {
  const endMs = performance.now() + 15_000
  while (!condition()) {
    if (performance.now() > endMs) throw new Error('waited in vain')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Knows the pauses among the timers: waits before another try, shorter than any deadline. */
export class LabWorld implements World {
  readonly #world = new ManualWorld()
  readonly #pauses = new Set<{dueMs: number}>()

  readonly wallMs = this.#world.wallMs
  readonly monotonicMs = this.#world.monotonicMs
  readonly randomBytes = this.#world.randomBytes

  readonly after = (delayMs: number, callback: () => void): Cancel => {
    if (delayMs >= 5_000) return this.#world.after(delayMs, callback)
    const pause = {dueMs: this.monotonicMs() + delayMs}
    this.#pauses.add(pause)
    const cancel = this.#world.after(delayMs, () => {
      this.#pauses.delete(pause)
      callback()
    })
    return () => {
      this.#pauses.delete(pause)
      cancel()
    }
  }

  get pendingTimers(): number {
    return this.#world.pendingTimers
  }

  advance(ms: number): void {
    this.#world.advance(ms)
  }

  jumpWallClock(ms: number): void {
    this.#world.jumpWallClock(ms)
  }

  /** Lets the next pause pass, when somebody is in one. */
  passPause(): void {
    const next = Math.min(...[...this.#pauses].map((pause) => pause.dueMs))
    if (Number.isFinite(next)) this.advance(next - this.monotonicMs())
  }
}

/** Awaits the promise; time passes only while somebody pauses before another try. */
export async function settle<T>(world: LabWorld, promise: Promise<T>): Promise<T> {
  let settled = false
  const done = promise.finally(() => {
    settled = true
  })
  await until(() => {
    if (!settled) world.passPause()
    return settled
  })
  return done
}

/** Awaits the promise; `ms` pass once the other side has the call (and will not answer it). */
export async function expire<T>(world: LabWorld, promise: Promise<T>, arrived: () => boolean, ms: number): Promise<T> {
  await until(arrived)
  world.advance(ms)
  return promise
}

export function request(choice: string, carry?: string, userName = 'jdoe') {
  return {userName, clientAddress: '198.51.100.7', choice, carry}
}

export const preauthOf = (userName: string) => ({userName, clientAddress: '198.51.100.7'})
