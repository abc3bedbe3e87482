import type {LogOutput} from '../log/output.ts'
import type {LoginGuards} from '../login/guards.ts'
import type {Joins} from '../login/shared-work.ts'
import type {StateStore} from '../login/state-store.ts'
import type {LatchRecord} from '../radius/latch.ts'
import type {ServiceCalls} from './protocol.ts'
import type {WorkerPlaces} from './service-places.ts'

/** What the first process keeps for all workers, as one of them may ask for it. */
export function serviceCalls(parts: {
  readonly store: StateStore
  readonly guards: LoginGuards
  readonly joins: Joins
  readonly places: WorkerPlaces
  readonly output: Pick<LogOutput, 'writeLines'>
  readonly latched: (record: LatchRecord) => void
  /** Aborts when the service ends: nobody waits for the delay of a refusal then. */
  readonly ending: AbortSignal
}): ServiceCalls {
  const {store, joins, places, output, latched, ending} = parts
  const {pushes, passwords} = parts.guards
  return {
    claim: ({nonce, answer, mayTake}) => store.claim(nonce, answer, mayTake),
    setTransaction: ({nonce, transactionId}) => store.setTransaction(nonce, transactionId),
    setDecided: ({nonce, told}) => store.setDecided(nonce, () => told),
    putRecord: ({nonce, record, lifeMs, mayTake}) =>
      store.putRecord(nonce, Buffer.from(record, 'base64'), lifeMs, mayTake),
    getRecord: async ({nonce}) => (await store.getRecord(nonce))?.toString('base64'),
    lockPush: (push) => store.lockPush(push),
    unlockPush: (push) => store.unlockPush(push),
    hold: ({person, policy}) => pushes.hold(person, policy),
    sent: ({person, policy}) => pushes.sent(person, policy),
    takeBack: ({person}) => pushes.takeBack(person),
    fraud: ({person, policy}) => pushes.fraud(person, policy),
    admits: ({guesser, policy}) => passwords.admits(guesser, policy),
    failed: ({guesser, policy}) => passwords.failed(guesser, policy),
    delay: ({guesser, policy}) => passwords.delay(guesser, policy, ending),
    beginJoin: ({name}) => joins.begin(name),
    endJoin: ({name, told}) => joins.end(name, told),
    takePlace: (place) => places.take(place),
    freePlace: (place) => places.free(place),
    latched,
    log: ({place, lines}) => output.writeLines(place, lines),
  }
}
