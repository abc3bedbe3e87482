import {createHash} from 'node:crypto'
import type {World} from '../world.ts'
import type {Status, Transactions} from './duo-cloud-transactions.ts'
import {type Account, consolePrompt, type Device, deviceFor} from './duo-cloud-users.ts'

export type Parameters = ReadonlyMap<string, string>

export type Answer =
  | {readonly stat: 'OK'; readonly response: unknown}
  | {readonly stat: 'FAIL'; readonly code: number; readonly message: string; readonly message_detail?: string}

/** Switches of the fake cloud; they may be changed while it runs. */
export type CloudModes = {
  /** False: preauth lists devices only, as the documented Auth API does. */
  textPrompt: boolean
  /** `refused`: the integration may use the legacy calls only. `unknown`: there is no such API. */
  v2: 'served' | 'refused' | 'unknown'
  /** False: preauth keeps the code of a Verified Push to itself, and only auth_status shows it. */
  codeAtPreauth: boolean
  /** What auth_status says when nothing has happened for `longPollMs`. */
  longPollEnd: 'waiting' | '40002'
  longPollMs: number
  /** So many wrong passcodes lock a user out. */
  lockOutAfter: number
}

/** As Duo's own cloud does it. */
export const usualModes: Readonly<CloudModes> = {
  textPrompt: true,
  v2: 'served',
  codeAtPreauth: true,
  longPollEnd: 'waiting',
  longPollMs: 25_000,
  lockOutAfter: 10,
}

/** What the endpoints work on. `nowMs` is the cloud's clock. */
export type CloudState = {
  readonly world: World
  readonly modes: CloudModes
  readonly transactions: Transactions
  readonly account: (userName: string) => Account | undefined
  readonly nowMs: () => number
}

type Endpoint = (parameters: Parameters, state: CloudState) => Answer | Promise<Answer>

/** By method and path. */
export const endpoints: ReadonlyMap<string, Endpoint> = new Map<string, Endpoint>([
  ['GET /auth/v2/ping', (_parameters, state) => ok({time: Math.floor(state.nowMs() / 1000)})],
  ['GET /auth/v2/check', (_parameters, state) => ok({time: Math.floor(state.nowMs() / 1000)})],
  ['POST /auth/v2/preauth', preauthV2],
  ['POST /auth/v2/auth', authV2],
  ['GET /auth/v2/auth_status', statusV2],
  ['GET /rest/v1/ping', () => ok('pong')],
  ['GET /rest/v1/check', () => ok('valid')],
  ['POST /rest/v1/preauth', preauthV1],
  ['POST /rest/v1/auth', authV1],
  ['GET /rest/v1/status', statusV1],
])

const messages: Readonly<Record<number, string>> = {
  40001: 'Missing required request parameters',
  40002: 'Invalid request parameters',
  40101: 'Missing request credentials',
  40103: 'Invalid signature in request credentials',
  40105: 'Bad request timestamp',
  40301: 'Access forbidden',
  40401: 'Resource not found',
  42901: 'Too many requests',
  50001: 'Internal error',
  50302: 'Service unavailable',
}

/** Duo's own error by its code. */
export function failure(code: number, detail?: string): Answer {
  const message = messages[code] ?? 'Refused by the simulator'
  return {stat: 'FAIL', code, message, ...(detail === undefined ? {} : {message_detail: detail})}
}

const ENROLL_URL = 'https://api-simulated.example/portal?code=0123456789abcdef'

function preauthV2(parameters: Parameters, state: CloudState): Answer {
  const admitted = admit(parameters.get('username'), state)
  if ('stat' in admitted) return admitted
  const asksText = state.modes.textPrompt && parameters.get('text_prompt') === '1'
  if (admitted.result === 'enroll') {
    const text = `${admitted.text} ${ENROLL_URL}`
    return ok({
      result: 'enroll',
      status_msg: admitted.text,
      enroll_portal_url: ENROLL_URL,
      ...(asksText ? {prompt: {text}} : {}),
    })
  }
  if (admitted.result !== 'auth') return ok({result: admitted.result, status_msg: admitted.text})
  const {account} = admitted
  const verified = account.user.verifiedPush === true && parameters.get('client_supports_verified_push') === '1'
  const txid = transactionId(state)
  return ok({
    result: 'auth',
    status_msg: 'Account is active',
    devices: account.devices.map((device) => deviceJson(device, account)),
    ...(account.user.groups === undefined ? {} : {groups: account.user.groups}),
    ...(asksText ? {prompt: consolePrompt(account, verified)} : {}),
    ...(verified ? {txid, expiration: Math.floor(state.nowMs() / 1000) + 60} : {}),
    ...(verified && state.modes.codeAtPreauth ? {verification_code: verificationCode(txid)} : {}),
  })
}

function preauthV1(parameters: Parameters, state: CloudState): Answer {
  const admitted = admit(parameters.get('user'), state)
  if ('stat' in admitted) return admitted
  if (admitted.result === 'enroll') return ok({result: 'enroll', status: `${admitted.text} ${ENROLL_URL}`})
  if (admitted.result !== 'auth') return ok({result: admitted.result, status: admitted.text})
  const {text, factors} = consolePrompt(admitted.account, false)
  const {groups} = admitted.account.user
  return ok({result: 'auth', prompt: text, factors, ...(groups === undefined ? {} : {groups})})
}

async function authV2(parameters: Parameters, state: CloudState): Promise<Answer> {
  const admitted = admit(parameters.get('username'), state)
  if ('stat' in admitted) return admitted
  if (admitted.result !== 'auth') return ok(decided(admitted.result === 'allow', admitted.text, admitted.status))
  const factor = parameters.get('factor') ?? ''
  const typed = factor === 'prompt' ? parameters.get('prompt') : factor === 'auto' ? 'auto' : undefined
  if (factor === 'prompt' && typed === undefined) return failure(40001, 'prompt')
  if (factor === 'passcode') return ok(checkPasscode(admitted.account, parameters.get('passcode') ?? '', state))
  const chosen = typed === undefined ? byDevice(factor, parameters, admitted.account) : byWord(typed, admitted.account)
  if (chosen === 'no-device') return failure(40002, 'device')
  if (chosen === 'passcode') return ok(checkPasscode(admitted.account, typed ?? '', state))
  return useDevice(chosen, admitted.account, parameters, state)
}

async function authV1(parameters: Parameters, state: CloudState): Promise<Answer> {
  const admitted = admit(parameters.get('user'), state)
  if ('stat' in admitted) return admitted
  if (admitted.result !== 'auth') return ok(legacy(decided(admitted.result === 'allow', admitted.text)))
  const factor = parameters.get('factor') ?? ''
  const typed = parameters.get(factor === 'auto' ? 'auto' : factor === 'passcode' ? 'code' : 'phone')
  if (typed === undefined) return failure(40001, factor)
  const chosen = byWord(typed, admitted.account)
  if (chosen === 'no-device') return ok(legacy(decided(false, 'Invalid factor.')))
  if (chosen === 'passcode') return ok(legacy(checkPasscode(admitted.account, typed, state)))
  const answer = await useDevice(chosen, admitted.account, parameters, state)
  if (answer.stat === 'FAIL' || !isStatus(answer.response)) return answer
  return ok(legacy(answer.response))
}

async function statusV2(parameters: Parameters, state: CloudState): Promise<Answer> {
  const status = await state.transactions.status(parameters.get('txid') ?? '', state.modes.longPollMs)
  if (status === undefined) return failure(40002, 'txid')
  if (status !== 'no-news') return ok(status)
  if (state.modes.longPollEnd === '40002') return failure(40002, 'timeout')
  return ok({result: 'waiting', status: 'pushed', status_msg: 'Pushed a login request to your device...'})
}

async function statusV1(parameters: Parameters, state: CloudState): Promise<Answer> {
  const status = await state.transactions.status(parameters.get('txid') ?? '', state.modes.longPollMs)
  if (status === undefined) return failure(40002, 'txid')
  return ok(status === 'no-news' ? {status: 'Pushed a login request to your device...'} : legacy(status))
}

type Admission =
  | {readonly result: 'auth'; readonly account: Account}
  | {readonly result: 'allow' | 'deny' | 'enroll'; readonly text: string; readonly status?: string}

function admit(userName: string | undefined, state: CloudState): Admission | Answer {
  if (userName === undefined || userName === '') return failure(40001, 'username')
  const account = state.account(userName)
  if (account === undefined || account.user.access === 'enroll') {
    return {result: 'enroll', text: 'Enroll an authentication device to proceed:'}
  }
  if (account.lockedOut) return {result: 'deny', text: LOCKED_OUT, status: 'locked_out'}
  switch (account.user.access ?? 'ask') {
    case 'allow':
      return {result: 'allow', text: 'Success. Logging you in...', status: 'allow'}
    case 'bypass':
      return {result: 'allow', text: 'Bypassing second factor', status: 'bypass'}
    case 'deny':
      return {result: 'deny', text: 'Access denied by policy.', status: 'deny'}
    default:
      return {result: 'auth', account}
  }
}

const LOCKED_OUT = 'Your account is locked out. Please contact your administrator.'

type Choice = {readonly kind: 'push' | 'phone' | 'sms'; readonly device: Device}

/** `push2`, `sms`, `auto`, or anything else, which is a passcode. */
function byWord(typed: string, account: Account): Choice | 'no-device' | 'passcode' {
  const word = typed === 'auto' ? (consolePrompt(account, false).factors.default ?? 'auto') : typed
  const match = /^(?:verified_)?(push|phone|sms)(\d*)$/.exec(word)
  if (match === null) return 'passcode'
  const kind = kindOf(match[1] ?? '')
  const device = deviceFor(account, kind, match[2] === '' ? 1 : Number(match[2]))
  return device === undefined ? 'no-device' : {kind, device}
}

function byDevice(factor: string, parameters: Parameters, account: Account): Choice | 'no-device' {
  if (!/^(push|phone|sms)$/.test(factor)) return 'no-device'
  const kind = kindOf(factor)
  const id = parameters.get('device')
  const device = account.devices.find((d) => d.capabilities.includes(kind) && (id === 'auto' || d.id === id))
  return device === undefined ? 'no-device' : {kind, device}
}

async function useDevice(
  {kind, device}: Choice,
  account: Account,
  parameters: Parameters,
  state: CloudState,
): Promise<Answer> {
  if (kind === 'sms') {
    account.smsCodes = Array.from({length: 10}, (_, at) => `${at}${digits(state.world.randomBytes(8), 6)}`)
    for (const code of account.smsCodes) account.passcodes.add(code)
    return ok({result: 'deny', status: 'sent', status_msg: 'New SMS passcodes sent.'})
  }
  const promised = kind === 'push' ? parameters.get('txid') : undefined
  if (promised !== undefined && state.transactions.find(promised) !== undefined) {
    return failure(40002, 'txid')
  }
  const push = state.transactions.start(account, device, kind, {
    txid: promised ?? transactionId(state),
    clientAddress: parameters.get('ipaddr'),
    verificationCode: promised === undefined ? undefined : verificationCode(promised),
  })
  if (parameters.get('async') === '1') return ok({txid: push.txid})
  const ending = await state.transactions.ending(push.txid)
  return ending === undefined ? failure(50001) : ok(ending)
}

function checkPasscode(account: Account, passcode: string, state: CloudState): Status {
  if (account.passcodes.has(passcode)) {
    if (account.user.passcodesLast !== true) account.passcodes.delete(passcode)
    account.failures = 0
    return decided(true, 'Success. Logging you in...')
  }
  account.failures++
  account.lockedOut = account.failures >= state.modes.lockOutAfter
  return account.lockedOut
    ? decided(false, LOCKED_OUT, 'locked_out')
    : decided(false, 'Incorrect passcode. Please try again.')
}

function decided(allowed: boolean, text: string, status?: string): Status {
  const result = allowed ? 'allow' : 'deny'
  return {result, status: status ?? result, status_msg: text}
}

/** The legacy shape: no result while it waits, and the text is called status. */
function legacy(status: Status): {result?: string; status: string} {
  return status.result === 'waiting' ? {status: status.status_msg} : {result: status.result, status: status.status_msg}
}

function isStatus(response: unknown): response is Status {
  return typeof response === 'object' && response !== null && 'status_msg' in response
}

function deviceJson(device: Device, account: Account) {
  const next = device.capabilities.includes('sms') ? account.smsCodes[0]?.[0] : undefined
  if (device.type === 'token') return {device: device.id, type: 'token', name: device.name, display_name: device.name}
  return {
    device: device.id,
    type: 'phone',
    name: device.name,
    number: device.number,
    display_name: device.number === '' ? device.shown : `${device.platform} (${device.number})`,
    capabilities: device.capabilities,
    ...(next === undefined ? {} : {sms_nextcode: next}),
  }
}

function kindOf(word: string): Choice['kind'] {
  return word === 'phone' || word === 'sms' ? word : 'push'
}

function transactionId(state: CloudState): string {
  return state.world.randomBytes(16).toString('hex')
}

/** Three digits that belong to this transaction. */
function verificationCode(txid: string): string {
  return digits(createHash('sha256').update(txid).digest(), 3)
}

function digits(octets: Buffer, count: number): string {
  return [...octets.subarray(0, count)].map((octet) => octet % 10).join('')
}

function ok(response: unknown): Answer {
  return {stat: 'OK', response}
}
