import type {StateStore} from '../../src/core/login/state-store.ts'

/** A process that may die at a named moment: from then on nothing it waits for ever ends. */
export class Mortal {
  died = false
  readonly moments: string[] = []
  readonly #diesAt: string | undefined

  constructor(diesAt: string | undefined) {
    this.#diesAt = diesAt
  }

  /** Runs a call with a moment of death before and one after its effect; a call that comes again has a number. */
  async call<T>(name: string, effect: () => Promise<T>): Promise<T> {
    const times = this.moments.filter((moment) => moment.startsWith(`before ${name}`)).length + 1
    const numbered = times === 1 ? name : `${name} ${times}`
    await this.#moment(`before ${numbered}`)
    const value = await effect()
    await this.#moment(`after ${numbered}`)
    return value
  }

  async #moment(name: string): Promise<void> {
    this.moments.push(name)
    if (name === this.#diesAt) this.died = true
    if (this.died) await new Promise(() => {})
  }
}

/** The store of a process that may die at each of its calls. */
export function mortalStore(inner: StateStore, mortal: Mortal): StateStore {
  return {
    claim: (nonce, answer, push) => mortal.call('claim', () => inner.claim(nonce, answer, push)),
    setTransaction: (nonce, id) => mortal.call('setTransaction', () => inner.setTransaction(nonce, id)),
    setDecided: (nonce) => mortal.call('setDecided', () => inner.setDecided(nonce)),
    lockPush: (push) => mortal.call('lockPush', () => inner.lockPush(push)),
    unlockPush: (push) => mortal.call('unlockPush', () => inner.unlockPush(push)),
    putRecord: (nonce, record, lifeMs, push) =>
      mortal.call('putRecord', () => inner.putRecord(nonce, record, lifeMs, push)),
    getRecord: (nonce) => mortal.call('getRecord', () => inner.getRecord(nonce)),
    close: () => inner.close(),
  }
}
