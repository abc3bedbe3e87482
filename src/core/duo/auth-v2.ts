import type {
  FactorDenial,
  FactorMap,
  FactorRequest,
  FactorStart,
  Preauth,
  PreauthRequest,
} from '../login/second-factor.ts'
import {
  type DuoRefused,
  type DuoUnavailable,
  isRecord,
  type JsonRecord,
  malformed,
  textField,
  textsField,
} from './answer.ts'
import type {Poll} from './await-result.ts'
import {type Carry, readCarry, writeCarry} from './carry.ts'
import {type Choice, readChoice} from './factor-word.ts'
import {deviceFor, promptFromDevices, readDevices} from './prompt.ts'
import type {AuthSettings} from './settings.ts'
import type {DuoTransport} from './transport.ts'

export type DecidedPreauth = Exclude<Preauth, {kind: 'unavailable' | 'refused'}> | DuoUnavailable | DuoRefused

/** To read the code of a Verified Push that preauth did not tell. */
const CODE_LOOK_MS = 5_000

/** Asks for a text prompt, as Duo's own Unix client does; builds one from the devices when the cloud sends none. */
export async function preauthV2(
  transport: DuoTransport,
  settings: AuthSettings,
  request: PreauthRequest,
  signal: AbortSignal,
): Promise<DecidedPreauth> {
  const parameters = {
    username: request.userName,
    text_prompt: '1',
    failmode: settings.failMode === 'safe' ? 'open' : 'closed',
    client_supports_verified_push: '1',
    ...(request.clientAddress === undefined ? {} : {ipaddr: request.clientAddress}),
  }
  const answer = await transport.call(
    {
      method: 'POST',
      path: '/auth/v2/preauth',
      parameters,
      signature: 'v2',
      timeoutMs: settings.preauthTimeoutMs,
      waits: false,
      repeatable: true,
    },
    signal,
  )
  return answer.kind === 'ok' ? readPreauth(request.userName, answer.response) : answer
}

/** Starts the factor. A push or call comes back pending; what needs no person is decided at once. */
export async function beginV2(
  transport: DuoTransport,
  settings: AuthSettings,
  request: FactorRequest,
  signal: AbortSignal,
): Promise<FactorStart> {
  const carry = readCarry(request.carry)
  const choice = readChoice(request.choice)
  const onPhone = choice.kind === 'push' || choice.kind === 'phone'
  const factor = factorParameters(request.choice, choice, carry)
  if (factor === undefined) return {kind: 'deny', message: 'There is no such option', reason: 'other'}
  const verified = choice.kind === 'push' ? carry.verified : undefined
  const answer = await transport.call(
    {
      method: 'POST',
      path: '/auth/v2/auth',
      parameters: {
        username: request.userName,
        ...factor,
        ...(onPhone ? {async: '1'} : {}),
        ...(verified === undefined ? {} : {txid: verified.transactionId}),
        ...(request.clientAddress === undefined ? {} : {ipaddr: request.clientAddress}),
      },
      signature: 'v2',
      timeoutMs: onPhone ? settings.preauthTimeoutMs : settings.factorTimeoutMs,
      waits: false,
      // A second POST could be a second push, or use up a passcode.
      repeatable: false,
    },
    signal,
  )
  if (answer.kind !== 'ok') return answer
  const transactionId = isRecord(answer.response) ? textField(answer.response, 'txid') : undefined
  if (transactionId === undefined) return decidedStart(readStatus(answer.response, choice))
  if (verified === undefined) return {kind: 'pending', transactionId, notice: undefined}
  if (verified.code !== undefined) return {kind: 'pending', transactionId, notice: codeNotice(verified.code)}
  const look = await pollV2(transport, transactionId, CODE_LOOK_MS, signal)
  return {kind: 'pending', transactionId, notice: look.kind === 'waiting' ? look.message : undefined}
}

/** One auth_status: Duo holds it until there is news. */
export async function pollV2(
  transport: DuoTransport,
  transactionId: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Poll> {
  const answer = await transport.call(
    {
      method: 'GET',
      path: '/auth/v2/auth_status',
      parameters: {txid: transactionId},
      signature: 'v2',
      timeoutMs: timeoutMs,
      waits: true,
      repeatable: true,
    },
    signal,
  )
  return answer.kind === 'ok' ? readStatus(answer.response, undefined) : answer
}

function readPreauth(userName: string, response: unknown): DecidedPreauth {
  if (!isRecord(response)) return malformed('the result of preauth')
  const prompt = isRecord(response.prompt) ? response.prompt : undefined
  const message = textField(response, 'status_msg') ?? textField(prompt, 'text')
  switch (response.result) {
    case 'allow':
      return {kind: 'allow', message: message ?? 'Login allowed', groups: textsField(response, 'groups')}
    case 'deny':
      return {kind: 'deny', message: message ?? 'Login denied'}
    case 'enroll':
      return enrollment(message, textField(prompt, 'text'), textField(response, 'enroll_portal_url'))
    case 'auth':
      return chooseFrom(userName, response, prompt)
    default:
      return malformed('the result of preauth')
  }
}

/** Duo's text with its link. Without either there is nothing to show the user. */
function enrollment(
  message: string | undefined,
  promptText: string | undefined,
  url: string | undefined,
): DecidedPreauth {
  if (promptText !== undefined) return {kind: 'enroll', message: promptText.trim()}
  const text = message ?? url
  if (text === undefined) return malformed('the enrollment text')
  return {kind: 'enroll', message: url === undefined || text.includes(url) ? text : `${text} ${url}`}
}

function chooseFrom(userName: string, response: JsonRecord, prompt: JsonRecord | undefined): DecidedPreauth {
  const groups = textsField(response, 'groups')
  const transactionId = textField(response, 'txid')
  const code = textField(response, 'verification_code')
  const verified = transactionId === undefined ? undefined : {transactionId, code}
  if (prompt !== undefined) {
    const text = textField(prompt, 'text')
    const factors = readFactors(prompt.factors)
    if (text === undefined || factors === undefined) return malformed('the text or the factors of the prompt')
    const carry = writeCarry({api: 'v2', verified, devices: undefined})
    return {kind: 'choose', prompt: text, factors, groups, carry}
  }
  const devices = readDevices(response.devices)
  if (devices === undefined) return malformed('the prompt and the devices')
  const carry = writeCarry({api: 'v2', verified, devices})
  return {kind: 'choose', ...promptFromDevices(userName, devices), groups, carry}
}

/** Names to factors; a user with tokens alone has none. Undefined when it is no such map. */
export function readFactors(factors: unknown): FactorMap | undefined {
  if (factors === undefined || factors === null) return new Map()
  if (!isRecord(factors)) return undefined
  const read = new Map<string, string>()
  for (const [name, factor] of Object.entries(factors)) {
    if (typeof factor !== 'string') return undefined
    read.set(name, factor)
  }
  return read
}

/** With Duo's own prompt the cloud knows its words; with one of ours factors go by device. Undefined: no such device. */
function factorParameters(typed: string, choice: Choice, carry: Carry): Record<string, string> | undefined {
  if (carry.devices === undefined) return {factor: 'prompt', prompt: typed}
  if (choice.kind === 'passcode') return {factor: 'passcode', passcode: typed}
  const device = deviceFor(carry.devices, choice.kind, choice.digits)
  return device === undefined ? undefined : {factor: choice.kind, device: device.id}
}

function readStatus(response: unknown, choice: Choice | undefined): Poll {
  if (!isRecord(response)) return malformed('the result')
  const message = textField(response, 'status_msg')
  switch (response.result) {
    case 'allow':
      return {kind: 'allow', message: message ?? 'Login approved'}
    case 'waiting':
      return {kind: 'waiting', message: message ?? ''}
    case 'deny': {
      const status = textField(response, 'status') ?? ''
      if (status === 'sent') return {kind: 'sent', message: message ?? 'Passcodes sent'}
      return {kind: 'deny', message: message ?? 'Login denied', reason: denialOf(status, choice)}
    }
    default:
      return malformed('the result')
  }
}

function denialOf(status: string, choice: Choice | undefined): FactorDenial {
  const named = denials.get(status)
  if (named !== undefined) return named
  if (choice?.kind === 'passcode') return 'passcode'
  return status === 'deny' ? 'denied' : 'other'
}

const denials: ReadonlyMap<string, FactorDenial> = new Map<string, FactorDenial>([
  ['timeout', 'timeout'],
  ['fraud', 'fraud'],
  ['locked_out', 'locked-out'],
])

/** A factor that was to be decided at once must not still be waiting. */
function decidedStart(status: Poll): FactorStart {
  return status.kind === 'waiting' ? malformed('the transaction id') : status
}

function codeNotice(code: string): string {
  return `Enter verification code ${code} in Duo Mobile, then continue here with any answer.`
}
