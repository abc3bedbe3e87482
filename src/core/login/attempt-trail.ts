import type {Login} from './login.ts'
import type {LoginParts} from './parts.ts'
import type {Credentials} from './primary-authenticator.ts'
import {pushPlace} from './push-place.ts'
import {STATE_LIFE_MS} from './sealed-state.ts'
import {PUSH_LIFE_MS, type PushPlace} from './state-store.ts'

/** What was written down of a push whose login has no decision yet. Without a transaction id it may be out or not. */
export type EarlierPush = {
  /** Whose push it is; undefined where a version that did not write it down has. */
  readonly loginId: string | undefined
  readonly factor: string
  readonly transactionId: string | undefined
}

/**
 * The push of a login without State, under a name that only its own retries have: a NAS that asks again, after a restart
 * or at the other node of a shared store, finds the push that is out in place of a second one. The user's place on the
 * phone is written down with it.
 */
export type AttemptTrail = {
  find(): Promise<EarlierPush | undefined>
  /** Before the push is asked for. */
  intend(factor: string): Promise<void>
  note(transactionId: string, factor: string): Promise<void>
  /** The login has its decision: the next one of that name is a new login. */
  end(): Promise<void>
}

/** A login that the NAS does not tell from others of the same user must not find another's push: nobody finds its trail. */
export function attemptTrail(parts: LoginParts, login: Login): AttemptTrail {
  const {store, states, policy, world} = parts
  const identity = login.namesSession ? [policy.section, policy.ikey, ...loginIdentity(login)] : [login.id]
  const name = states.attemptName(JSON.stringify(identity))
  // Sealed: who can write to a shared store must not put a transaction of his own in the place of another's.
  const put = (text: string, mayTake?: PushPlace) =>
    store.putRecord(name, states.sealNote(name, text), STATE_LIFE_MS, mayTake)
  // No methods, which V8 would make old at once (docs/decisions/0074-young-logins.md).
  return {
    find: async () => {
      if (!login.namesSession) return undefined
      const record = await store.getRecord(name)
      const text = (record && states.openNote(name, record)) ?? ''
      const [, startedMs, loginId, factor, transactionId] = NOTE.exec(text) ?? []
      if (factor === undefined) return undefined
      // Nobody waits for a push that is older.
      if (Math.abs(world.wallMs() - Number(startedMs)) > PUSH_LIFE_MS) return undefined
      return {loginId, factor, transactionId: transactionId === '' ? undefined : transactionId}
    },
    intend: (factor) => put(`${world.wallMs()} ${login.id} ${factor} `, pushPlace(parts, login)),
    note: async (transactionId, factor) => {
      if (login.namesSession) await put(`${world.wallMs()} ${login.id} ${factor} ${transactionId}`)
    },
    end: () => put('ended'),
  }
}

/** When, whose (since a version that says it), which factor, and the transaction once there is one. */
const NOTE = /^(\d{1,15}) (?:([\da-f]{12}) )?(\S+) (.*)$/

/** What a retry of a login has in common with it, its password included: never stored but as a keyed digest. */
export function loginIdentity({clientEntry, source, userName, password, chap, session}: Login): readonly unknown[] {
  const proof = chap ?? (password && {kind: 'password' as const, password})
  return [clientEntry, source, userName, proof && proofText(proof), session]
}

export function proofText(credentials: Credentials): readonly string[] {
  if (credentials.kind === 'password') return [credentials.kind, credentials.password.reveal()]
  return [credentials.kind, ...credentials.attributes.map(({value}) => value.toString('hex'))]
}
