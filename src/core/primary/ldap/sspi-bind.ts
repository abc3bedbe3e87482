import {platform} from 'node:os'
import {type Bind, notProcessedCodes} from './bind.ts'

/** What we use of the `kerberos` package, which brings Windows' SSPI: tokens go in and out in base64. */
export type NegotiateContext = {step(token: string): Promise<string>}
export type NegotiateAccount = {readonly user?: string; readonly domain?: string; readonly password?: string}
export type Negotiate = (service: string, account: NegotiateAccount) => Promise<NegotiateContext>

export type NegotiateLoad =
  | {readonly ok: true; readonly negotiate: Negotiate}
  | {readonly ok: false; readonly problem: string}

export type LoadNegotiate = () => Promise<NegotiateLoad>

/** A longer exchange is none that SPNEGO knows. */
const MAX_STEPS = 8

/** Why auth_type=sspi cannot work here, for the check of the configuration; undefined when it can. */
export async function sspiProblem(): Promise<string | undefined> {
  const loaded = await loadNegotiate()
  return loaded.ok ? undefined : loaded.problem
}

/**
 * Loads the optional package. Windows only: elsewhere it would take no notice of the password it is given and
 * authenticate with whatever ticket it finds.
 */
export const loadNegotiate: LoadNegotiate = async () => {
  if (platform() !== 'win32') {
    return {ok: false, problem: 'auth_type=sspi works on Windows only; use ntlm2, or plain over starttls or ldaps'}
  }
  // not a dependency: it needs a native build, so the name must not be seen as an import
  const name = 'kerberos'
  try {
    const loaded: unknown = await import(name)
    const initialize = initializeClientOf(loaded)
    if (initialize !== undefined) return {ok: true, negotiate: (service, account) => initialize(service, account)}
  } catch {
    // said below
  }
  return {ok: false, problem: 'auth_type=sspi needs the optional package "kerberos": npm install kerberos'}
}

/**
 * Binds with SPNEGO through Windows. Only inside TLS, as what follows is neither signed nor sealed. Without a password
 * SSPI uses the identity of the service itself: good for our own account (`implicit`), never for a user.
 */
export function createSspiBind(load: LoadNegotiate, options: {readonly implicit: boolean}): Bind {
  return async (session, host, who, signal) => {
    const isExplicit = who.account.userName !== '' && !who.password.isEmpty
    if (!isExplicit && !options.implicit) return {kind: 'protocol', detail: 'a bind needs a name and a password'}
    if (session.tls === undefined) return {kind: 'protocol', detail: 'auth_type=sspi needs transport=starttls or ldaps'}
    const loaded = await load()
    if (!loaded.ok) return {kind: 'protocol', detail: loaded.problem}
    const {domain, userName: user} = who.account
    const account = isExplicit ? {user, domain, password: who.password.reveal()} : {}
    try {
      const context = await inTime(loaded.negotiate(`ldap/${host}`, account), signal)
      let token = ''
      for (let step = 0; step < MAX_STEPS; step++) {
        const credentials = Buffer.from(await inTime(context.step(token), signal), 'base64')
        const answer = await session.bind({kind: 'sasl', mechanism: 'GSS-SPNEGO', credentials}, signal)
        if (answer.kind === 'no-answer') return answer
        const {result, controls} = answer
        if (result.code === 0) return {kind: 'bound', session, controls}
        if (notProcessedCodes.has(result.code)) return {kind: 'not-processed', result}
        if (result.code !== 14) return {kind: 'refused', result, controls}
        token = (answer.credentials ?? Buffer.alloc(0)).toString('base64')
      }
      return {kind: 'protocol', detail: 'the exchange does not end'}
    } catch (error) {
      // SSPI asks the domain itself and may have used the password: this ends the login
      const message = error instanceof Error ? error.message : 'SSPI failed'
      return {kind: 'refused', result: {code: 49, message}, controls: []}
    }
  }
}

/** SSPI knows no signals: its answer is not waited for any longer. */
function inTime<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new Error('SSPI did not answer in time'))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, {once: true})
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function initializeClientOf(loaded: unknown): Negotiate | undefined {
  if (hasInitializeClient(loaded)) return loaded.initializeClient
  if (typeof loaded !== 'object' || loaded === null || !('default' in loaded)) return undefined
  return hasInitializeClient(loaded.default) ? loaded.default.initializeClient : undefined
}

function hasInitializeClient(loaded: unknown): loaded is {initializeClient: Negotiate} {
  if (typeof loaded !== 'object' || loaded === null) return false
  return 'initializeClient' in loaded && typeof loaded.initializeClient === 'function'
}
