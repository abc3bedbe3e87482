import type {ChalkInstance} from 'chalk'
import type {LoginJson, RoundJson} from './core/simulate/login-json.ts'
import {duration, safeLines} from './render.ts'

/** One round as a person reads it: what went out, what came back, what the user sees. */
export function roundLines(paint: ChalkInstance, round: RoundJson, options: {readonly trace: boolean}): string[] {
  const {sent, received, refused, elapsedMs} = round
  const server = sent.server === 0 ? '' : ` to server ${sent.server + 1}`
  const lines = [`${paint.cyan('->')} ${sent.code} id ${sent.identifier}${server}`]
  if (options.trace) lines.push(...attributeLines(paint, sent.attributes))
  if (sent.transmissions > 1) lines.push(`${paint.yellow('..')} sent ${sent.transmissions} times, the same octets`)
  for (const reason of refused) lines.push(`${paint.yellow('!!')} a reply that does not count: ${refusal(reason)}`)
  if (received === null) return [...lines, `${paint.red('xx')} no reply in ${duration(elapsedMs)}`]
  const unsigned = received.messageAuthenticator === 'absent' ? paint.yellow(', without Message-Authenticator') : ''
  const code = (codePaint[received.code] ?? 'yellow') satisfies 'green' | 'red' | 'yellow'
  lines.push(
    `${paint.cyan('<-')} ${paint[code](received.code)} id ${received.identifier} after ${duration(elapsedMs)}${unsigned}`,
  )
  const hidden = options.trace ? [] : ['Message-Authenticator', 'State', 'Proxy-State']
  const attributes = Object.entries(received.attributes).filter(([name]) => !hidden.includes(name))
  lines.push(...attributeLines(paint, Object.fromEntries(attributes)))
  if (received.replyMessage !== null)
    lines.push(...safeLines(received.replyMessage).map((line) => `   ${line}`.trimEnd()))
  return lines
}

/** What the Accept should have brought. */
export function lostLines(paint: ChalkInstance, {lost = []}: LoginJson): string[] {
  return lost.flatMap((text) => safeLines(`lost: ${text}`)).map((line) => `${paint.red('xx')} ${line}`)
}

export function outcomeLine(paint: ChalkInstance, login: LoginJson): string {
  const {outcome, rounds, elapsedMs, problem} = login
  const took = `after ${duration(elapsedMs)} and ${rounds.length} round${rounds.length === 1 ? '' : 's'}`
  if (outcome === 'accept') return `${paint.green('Accepted')} ${took}`
  if (outcome === 'reject') return `${paint.red('Rejected')} ${took}`
  if (outcome === 'no-reply') return `${paint.red('No answer')} ${took}`
  return `${paint.red('Not decided')}: ${problem ?? 'unknown'}`
}

const codePaint: {readonly [code: string]: 'green' | 'red' | 'yellow'} = {
  'Access-Accept': 'green',
  'Access-Reject': 'red',
  'Access-Challenge': 'yellow',
}

function attributeLines(paint: ChalkInstance, attributes: RoundJson['sent']['attributes']): string[] {
  return Object.entries(attributes).flatMap(([name, values]) =>
    values.map((value) => paint.dim(`   ${name} = ${value}`)),
  )
}

const refusals: {readonly [reason: string]: string} = {
  'bad-response-authenticator': 'wrong Response Authenticator (another shared secret, or forged)',
  'message-authenticator-wrong': 'wrong Message-Authenticator',
  'message-authenticator-repeated': 'more than one Message-Authenticator',
  'message-authenticator-bad-length': 'a Message-Authenticator that has not 16 octets',
}

function refusal(reason: string): string {
  return refusals[reason] ?? reason
}
