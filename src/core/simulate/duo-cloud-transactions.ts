import type {Cancel, World} from '../world.ts'
import type {Account, Device} from './duo-cloud-users.ts'

export type Outcome = 'allow' | 'deny' | 'fraud' | 'timeout'

/** A push or a call on its way, as tests see it. */
export type CloudPush = {
  readonly txid: string
  readonly userName: string
  readonly factor: 'push' | 'phone'
  readonly device: string
  readonly clientAddress: string | undefined
  readonly startedMs: number
  /** What the person must type into the phone (Verified Push). */
  readonly verificationCode: string | undefined
  /** Undefined while the phone has not answered. */
  readonly outcome: Outcome | undefined
}

/** One step of a transaction as auth_status tells it. */
export type Status = {
  readonly result: 'waiting' | 'allow' | 'deny'
  readonly status: string
  readonly status_msg: string
}

export type Transactions = ReturnType<typeof createTransactions>

const PUSH_LIFE_MS = 60_000

const endings: {readonly [Name in Outcome]: Status} = {
  allow: {result: 'allow', status: 'allow', status_msg: 'Success. Logging you in...'},
  deny: {result: 'deny', status: 'deny', status_msg: 'Login request denied.'},
  fraud: {result: 'deny', status: 'fraud', status_msg: 'Login request reported as fraudulent.'},
  timeout: {result: 'deny', status: 'timeout', status_msg: 'Login timed out.'},
}

type Transaction = CloudPush & {
  outcome: Outcome | undefined
  readonly first: Status
  /** Whether auth_status has told the first status yet; a later call waits for the end. */
  told: boolean
  readonly timers: Cancel[]
  readonly waiters: Set<() => void>
}

/** The pushes and calls of the fake cloud; ended ones are forgotten, oldest first, beyond `keep`. */
export function createTransactions(world: World, keep: number) {
  const byId = new Map<string, Transaction>()
  const ended: string[] = []
  const arrivals = new Set<(push: CloudPush) => void>()
  let started = 0

  /** Waits until the transaction ends or `limitMs` are over. */
  function news(transaction: Transaction, limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel()
        transaction.waiters.delete(wake)
        resolve()
      }
      const cancel = world.after(limitMs, wake)
      transaction.waiters.add(wake)
    })
  }

  function end(transaction: Transaction, outcome: Outcome): void {
    if (transaction.outcome !== undefined) return
    transaction.outcome = outcome
    for (const cancel of transaction.timers) cancel()
    const waiters = [...transaction.waiters]
    transaction.waiters.clear()
    for (const wake of waiters) wake()
    ended.push(transaction.txid)
    if (ended.length > keep) byId.delete(ended.shift() ?? '')
  }

  return {
    get started(): number {
      return started
    },

    /** Sends it to the phone; the person's habit answers it unless that is to wait. */
    start(
      account: Account,
      device: Device,
      factor: 'push' | 'phone',
      options: {txid: string; clientAddress: string | undefined; verificationCode: string | undefined},
    ): CloudPush {
      const transaction: Transaction = {
        ...options,
        userName: account.user.userName,
        factor,
        device: device.id,
        startedMs: world.wallMs(),
        outcome: undefined,
        first: firstStatus(device, factor, options.verificationCode),
        told: false,
        timers: [],
        waiters: new Set(),
      }
      started++
      byId.set(transaction.txid, transaction)
      transaction.timers.push(world.after(PUSH_LIFE_MS, () => end(transaction, 'timeout')))
      const answer = account.user.answer ?? 'wait'
      if (answer !== 'wait') {
        const outcome = answer === 'approve' ? 'allow' : answer
        const delayMs = account.user.answerAfterMs ?? 0
        if (delayMs === 0) end(transaction, outcome)
        else transaction.timers.push(world.after(delayMs, () => end(transaction, outcome)))
      }
      for (const arrived of [...arrivals]) arrived(transaction)
      return transaction
    },

    find(txid: string): CloudPush | undefined {
      return byId.get(txid)
    },

    list(): readonly CloudPush[] {
      return [...byId.values()]
    },

    /** The newest one the phone has not answered, of this user or of anybody. */
    newestPending(userName?: string): CloudPush | undefined {
      return [...byId.values()]
        .reverse()
        .find((t) => t.outcome === undefined && (userName === undefined || t.userName === userName))
    },

    /** False when there is no such transaction or the phone has answered it already. */
    answer(txid: string, outcome: Outcome): boolean {
      const transaction = byId.get(txid)
      if (transaction === undefined || transaction.outcome !== undefined) return false
      end(transaction, outcome)
      return true
    },

    /** Resolves with the next push or call that starts. */
    next(): Promise<CloudPush> {
      return new Promise((resolve) => {
        const arrived = (push: CloudPush) => {
          arrivals.delete(arrived)
          resolve(push)
        }
        arrivals.add(arrived)
      })
    },

    /** The first status at once, then the end when it comes; `no-news` after `longPollMs` without it. */
    async status(txid: string, longPollMs: number): Promise<Status | 'no-news' | undefined> {
      const transaction = byId.get(txid)
      if (transaction === undefined) return undefined
      if (!transaction.told) {
        transaction.told = true
        return transaction.first
      }
      if (transaction.outcome === undefined) await news(transaction, longPollMs)
      return transaction.outcome === undefined ? 'no-news' : endings[transaction.outcome]
    },

    /** The end, however long it takes. */
    async ending(txid: string): Promise<Status | undefined> {
      const transaction = byId.get(txid)
      if (transaction === undefined) return undefined
      if (transaction.outcome === undefined) await new Promise<void>((resolve) => transaction.waiters.add(resolve))
      return transaction.outcome === undefined ? undefined : endings[transaction.outcome]
    },

    /** Stops the timers; waiting calls stay unanswered until their connections close. */
    stop(): void {
      for (const transaction of byId.values()) for (const cancel of transaction.timers) cancel()
    },
  }
}

function firstStatus(device: Device, factor: 'push' | 'phone', code: string | undefined): Status {
  if (factor === 'phone') return {result: 'waiting', status: 'calling', status_msg: `Dialing ${device.shown}...`}
  const text =
    code === undefined
      ? 'Pushed a login request to your device...'
      : `Please enter verification code ${code} into Duo Mobile...`
  return {result: 'waiting', status: 'pushed', status_msg: text}
}
