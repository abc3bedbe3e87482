import type {FactorDenial, FactorRequest, FactorStart, PreauthRequest} from '../login/second-factor.ts'
import {isRecord, malformed, textField, textsField} from './answer.ts'
import {type DecidedPreauth, readFactors} from './auth-v2.ts'
import type {Poll} from './await-result.ts'
import {writeCarry} from './carry.ts'
import {type Choice, readChoice} from './factor-word.ts'
import type {AuthSettings} from './settings.ts'
import type {DuoTransport} from './transport.ts'

/** The original sends this when the NAS told no address; the legacy API expects one. */
const NO_ADDRESS = '0.0.0.0'

/** The legacy preauth of the original: the cloud writes prompt and factors. */
export async function preauthV1(
  transport: DuoTransport,
  settings: AuthSettings,
  request: PreauthRequest,
  signal: AbortSignal,
): Promise<DecidedPreauth> {
  const answer = await transport.call(
    {
      method: 'POST',
      path: '/rest/v1/preauth',
      parameters: {
        user: request.userName,
        ipaddr: request.clientAddress ?? NO_ADDRESS,
        failmode: settings.failMode,
      },
      signature: 'v1',
      timeoutMs: settings.preauthTimeoutMs,
      waits: false,
      repeatable: true,
    },
    signal,
  )
  return answer.kind === 'ok' ? readPreauth(answer.response) : answer
}

/** The legacy auth: what was chosen or typed goes as it is, the cloud makes sense of it. */
export async function beginV1(
  transport: DuoTransport,
  settings: AuthSettings,
  request: FactorRequest,
  signal: AbortSignal,
): Promise<FactorStart> {
  const choice = readChoice(request.choice)
  const onPhone = choice.kind === 'push' || choice.kind === 'phone'
  const answer = await transport.call(
    {
      method: 'POST',
      path: '/rest/v1/auth',
      parameters: {
        user: request.userName,
        factor: 'auto',
        auto: request.choice,
        ipaddr: request.clientAddress ?? NO_ADDRESS,
        ...(onPhone ? {async: '1'} : {}),
      },
      signature: 'v1',
      timeoutMs: onPhone ? settings.preauthTimeoutMs : settings.factorTimeoutMs,
      waits: false,
      repeatable: false,
    },
    signal,
  )
  if (answer.kind !== 'ok') return answer
  const transactionId = isRecord(answer.response) ? textField(answer.response, 'txid') : undefined
  if (transactionId !== undefined) return {kind: 'pending', transactionId, notice: undefined}
  const status = readStatus(answer.response, choice)
  return status.kind === 'waiting' ? malformed('the transaction id') : status
}

/** One look at a transaction. */
export async function pollV1(
  transport: DuoTransport,
  transactionId: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Poll> {
  const answer = await transport.call(
    {
      method: 'GET',
      path: '/rest/v1/status',
      parameters: {txid: transactionId},
      signature: 'v1',
      timeoutMs,
      waits: true,
      repeatable: true,
    },
    signal,
  )
  return answer.kind === 'ok' ? readStatus(answer.response, undefined) : answer
}

function readPreauth(response: unknown): DecidedPreauth {
  if (!isRecord(response)) return malformed('the result of preauth')
  const message = textField(response, 'status')
  const groups = textsField(response, 'groups')
  switch (response.result) {
    case 'allow':
      return {kind: 'allow', message: message ?? 'Login allowed', groups}
    case 'deny':
      return {kind: 'deny', message: message ?? 'Login denied'}
    case 'enroll':
      return message === undefined ? malformed('the enrollment text') : {kind: 'enroll', message}
    case 'auth': {
      const prompt = textField(response, 'prompt')
      const factors = readFactors(response.factors)
      if (prompt === undefined || factors === undefined) return malformed('the prompt or the factors')
      const carry = writeCarry({api: 'v1', verified: undefined, devices: undefined})
      return {kind: 'choose', prompt, factors, groups, carry}
    }
    default:
      return malformed('the result of preauth')
  }
}

/** While the person has not answered there is no result. */
function readStatus(response: unknown, choice: Choice | undefined): Poll {
  if (!isRecord(response)) return malformed('the result')
  const message = textField(response, 'status')
  switch (response.result) {
    case undefined:
      return message === undefined ? malformed('the result') : {kind: 'waiting', message}
    case 'allow':
      return {kind: 'allow', message: message ?? 'Login approved'}
    case 'deny': {
      const text = message ?? 'Login denied'
      const reason = denialOf(text, choice)
      return choice?.kind === 'sms' && reason !== 'locked-out'
        ? {kind: 'sent', message: text}
        : {kind: 'deny', message: text, reason}
    }
    default:
      return malformed('the result')
  }
}

/** The legacy API tells the reason in words only. */
function denialOf(text: string, choice: Choice | undefined): FactorDenial {
  if (/locked out/i.test(text)) return 'locked-out'
  if (/fraud/i.test(text)) return 'fraud'
  if (/timed out/i.test(text)) return 'timeout'
  if (choice?.kind === 'passcode') return 'passcode'
  return choice === undefined ? 'denied' : 'other'
}
