import type {SharedWork} from './shared-work.ts'
import type {Claim, PushPlace, StateStore} from './state-store.ts'

type Asked = {readonly nonce: string; readonly answer: string; readonly mayTake: PushPlace | undefined}

/**
 * One store for several workers. Who brings a State with the answer that another worker is busy with waits for that one's
 * decision and gets the same, as two requests to one process do (decisions: one push). What a worker leaves behind when
 * it dies is carried on by the next one to ask, from what the store knows.
 */
export class JoiningStore {
  readonly #store: StateStore
  readonly #work: SharedWork

  constructor(store: StateStore, work: SharedWork) {
    this.#store = store
    this.#work = work
  }

  /** The store as one worker has it. */
  of(worker: object): StateStore {
    const store = this.#store
    return {
      claim: (nonce, answer, mayTake) => this.#claim({nonce, answer, mayTake}, worker),
      setTransaction: (nonce, transactionId) => store.setTransaction(nonce, transactionId),
      setDecided: async (nonce, told) => {
        const text = told?.()
        await store.setDecided(nonce, () => text)
        this.#work.underWay(nonce)?.finish(text)
      },
      putRecord: (nonce, record, lifeMs, mayTake) => store.putRecord(nonce, record, lifeMs, mayTake),
      getRecord: (nonce) => store.getRecord(nonce),
      lockPush: (push) => store.lockPush(push),
      unlockPush: (push) => store.unlockPush(push),
      close: async () => {},
    }
  }

  async #claim(asked: Asked, worker: object): Promise<Claim> {
    const {nonce, answer, mayTake} = asked
    const running = this.#work.underWay(nonce)
    if (running?.what === answer) {
      const told = await this.#work.endOf(running)
      if (told === undefined) return this.#claim(asked, worker)
      return {kind: 'taken', answer, transactionId: undefined, decided: true, told, joined: true}
    }
    if (running !== undefined) return this.#store.claim(nonce, answer, mayTake)
    // No await between the look and this: of two claims one must find the other.
    const work = this.#work.begin(nonce, worker, answer)
    const claim = await this.#store.claim(nonce, answer, mayTake)
    const isCarriedOn = claim.kind === 'taken' && claim.answer === answer && claim.transactionId !== undefined
    if (claim.kind !== 'mine' && !isCarriedOn) work.finish(undefined)
    return claim
  }
}
