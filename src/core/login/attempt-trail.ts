import type {Login} from './login.ts'
import type {LoginParts} from './parts.ts'
import type {Credentials} from './primary-authenticator.ts'
import {STATE_LIFE_MS} from './sealed-state.ts'

/** What was written down of a push whose login has no decision yet. Without a transaction id it may be out or not. */
export type EarlierPush = {readonly factor: string; readonly transactionId: string | undefined}

/**
 * The push of a login without State, under a name that only its own retries have: a NAS that asks again, after a restart
 * or at the other node of a shared store, finds the push that is out in place of a second one.
 */
export type AttemptTrail = {
  find(): Promise<EarlierPush | undefined>
  /** Before the push is asked for. */
  intend(factor: string): Promise<void>
  note(transactionId: string, factor: string): Promise<void>
  /** The login has its decision: the next one of that name is a new login. */
  end(): Promise<void>
}

/** Nobody waits for a push that is older. */
const PUSH_LIFE_MS = 70_000

/** Undefined for a login that the NAS does not tell from others of the same user: it must not find another's push. */
export function attemptTrail({store, states, policy, world}: LoginParts, login: Login): AttemptTrail | undefined {
  if (!login.namesSession) return undefined
  const name = states.attemptName(JSON.stringify([policy.section, policy.ikey, ...loginIdentity(login)]))
  // Sealed: who can write to a shared store must not put a transaction of his own in the place of another's.
  const put = (text: string) => store.putRecord(name, states.sealNote(name, text), STATE_LIFE_MS)
  return {
    async find() {
      const record = await store.getRecord(name)
      const text = (record && states.openNote(name, record)) ?? ''
      const [, startedMs, factor, transactionId] = /^(\d{1,15}) (\S+) (\S*)$/.exec(text) ?? []
      if (factor === undefined || Math.abs(world.wallMs() - Number(startedMs)) > PUSH_LIFE_MS) return undefined
      return {factor, transactionId: transactionId === '' ? undefined : transactionId}
    },
    intend: (factor) => put(`${world.wallMs()} ${factor} `),
    note: (transactionId, factor) => put(`${world.wallMs()} ${factor} ${transactionId}`),
    end: () => put('ended'),
  }
}

/** What a retry of a login has in common with it, its password included: never stored but as a keyed digest. */
export function loginIdentity({clientEntry, source, userName, password, chap, session}: Login): readonly unknown[] {
  const proof = chap ?? (password && {kind: 'password' as const, password})
  return [clientEntry, source, userName, proof && proofText(proof), session]
}

export function proofText(credentials: Credentials): readonly string[] {
  if (credentials.kind === 'password') return [credentials.kind, credentials.password.reveal()]
  return [credentials.kind, ...credentials.attributes.map(({value}) => value.toString('hex'))]
}
