import {channelBinding} from '../../ntlm/channel-binding.ts'
import {createNtlmExchange} from '../../ntlm/client.ts'
import {SealedStream} from '../../ntlm/sealed-stream.ts'
import type {World} from '../../world.ts'
import {type Bind, type BindOutcome, notProcessedCodes} from './bind.ts'
import {present} from './filter.ts'
import type {BindRequest} from './message.ts'
import {LdapSession} from './session.ts'

export type NtlmBindOptions = {readonly version: 1 | 2; readonly workstation: string}

/**
 * Binds with NTLM, as raw NTLMSSP messages in GSS-SPNEGO, which domain controllers take ([MS-ADTS] 5.1.1.1.2). In
 * clear, NTLMv2 signs and seals all that follows; inside TLS it is tied to the server's certificate instead, since
 * domain controllers refuse both at once.
 */
export function createNtlmBind(options: NtlmBindOptions, world: World): Bind {
  return async (session, host, who, signal) => {
    if (who.account.userName === '' || who.password.isEmpty) {
      return {kind: 'protocol', detail: 'a bind needs a name and a password'}
    }
    const certificate = session.tls?.getPeerX509Certificate()
    const seal = options.version === 2 && session.tls === undefined
    const exchange = createNtlmExchange(
      {
        version: options.version,
        ...who.account,
        password: who.password,
        workstation: options.workstation,
        targetName: `ldap/${host}`,
        seal,
        channelBinding: certificate === undefined ? undefined : channelBinding(certificate),
      },
      world,
    )
    const challenge = await session.bind(spnego(exchange.negotiate), signal)
    // the first message holds no password: whatever becomes of it, none was used
    if (challenge.kind === 'no-answer') return {...challenge, sent: false}
    if (challenge.result.code !== 14) return {kind: 'not-processed', result: challenge.result}
    const answer = exchange.answer(challenge.credentials ?? Buffer.alloc(0))
    if (!answer.ok) return {kind: 'protocol', detail: `NTLM: ${answer.reason}`}
    const bound = await session.bind(spnego(answer.authenticate), signal)
    if (bound.kind === 'no-answer') return bound
    if (notProcessedCodes.has(bound.result.code)) return {kind: 'not-processed', result: bound.result}
    if (bound.result.code !== 0) return {kind: 'refused', result: bound.result, controls: bound.controls}
    return seal ? sealed(session, answer.sessionKey, signal) : {kind: 'bound', session, controls: bound.controls}
  }
}

function spnego(credentials: Buffer): BindRequest {
  return {kind: 'sasl', mechanism: 'GSS-SPNEGO', credentials}
}

/**
 * The success came in clear, and anybody on the way could have said it. So the server must answer once more, sealed:
 * only who knows the password's hash can.
 */
async function sealed(session: LdapSession, sessionKey: Buffer, signal: AbortSignal): Promise<BindOutcome> {
  const stream = session.detach()
  if (stream === undefined) {
    return {kind: 'no-answer', reason: 'malformed', detail: 'octets came in clear after the bind', sent: true}
  }
  const inner = new LdapSession(new SealedStream(stream, sessionKey, 'client'))
  const proof = await inner.search(
    {base: '', scope: 'base', filter: present('objectClass'), attributes: ['1.1'], sizeLimit: 1, timeLimitSeconds: 0},
    signal,
  )
  if (proof.kind === 'search') return {kind: 'bound', session: inner, controls: []}
  return {...proof, detail: `no sealed answer after the bind: ${proof.detail}`, sent: true}
}
