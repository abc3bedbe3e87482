import {codeName, dumpAttributes} from '../radius/dump.ts'
import {attributeType, type Packet} from '../radius/packet.ts'
import {type ExpectedAttribute, lostAttributes} from './expected-attributes.ts'
import {type LoginReport, type Round, replyMessages} from './nas.ts'

type Attributes = Readonly<Record<string, readonly string[]>>

export type RoundJson = {
  readonly sent: {
    readonly code: string
    readonly identifier: number
    readonly attributes: Attributes
    readonly transmissions: number
    /** 0 is the first server, 1 the second. */
    readonly server: number
  }
  readonly received: {
    readonly code: string
    readonly identifier: number
    readonly replyMessage: string | null
    readonly attributes: Attributes
    readonly messageAuthenticator: 'valid' | 'absent'
  } | null
  /** Why replies did not count. */
  readonly refused: readonly string[]
  readonly elapsedMs: number
}

export type LoginJson = {
  readonly outcome: LoginReport['outcome']
  readonly rounds: readonly RoundJson[]
  readonly elapsedMs: number
  readonly problem?: string
  /** Expected attributes that the Accept came without, as NAME=VALUE. */
  readonly lost?: readonly string[]
}

/** A login as `simulate --json` prints it; secrets are masked. */
export function loginJson(report: LoginReport, expected: readonly ExpectedAttribute[] = []): LoginJson {
  const lost = lostAttributes(report, expected)
  const {outcome, rounds, elapsedMs, problem} = report
  return {
    outcome,
    rounds: rounds.map(roundJson),
    elapsedMs: rounded(elapsedMs),
    ...(problem === undefined ? {} : {problem}),
    ...(lost.length === 0 ? {} : {lost}),
  }
}

/** One round, as it stands in the JSON. */
export function roundJson({sent, sends, server, reply, refused, elapsedMs}: Round): RoundJson {
  return {
    sent: {...packetJson(sent), transmissions: sends, server},
    received:
      reply === undefined
        ? null
        : {
            ...packetJson(reply.packet),
            replyMessage: joinedMessage(reply.packet),
            messageAuthenticator: reply.messageAuthenticator,
          },
    refused: refused.map(({reason}) => reason),
    elapsedMs: rounded(elapsedMs),
  }
}

/** Several Reply-Messages are one text in pieces (RFC 2865 5.18). */
function joinedMessage(packet: Packet): string | null {
  const messages = replyMessages(packet)
  return messages.length === 0 ? null : messages.join('')
}

function packetJson({code, identifier, attributes}: Packet) {
  const shown: Record<string, string[]> = {}
  const others = attributes.filter(({type}) => type !== attributeType.replyMessage)
  for (const line of dumpAttributes(others)) {
    const [, name, value] = /^(\S+) = (.*)$/s.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    const values = shown[name] ?? []
    values.push(readable(value))
    shown[name] = values
  }
  return {code: codeName(code), identifier, attributes: shown}
}

/** Octets that are plain text, such as most Class attributes, are shown as that. */
function readable(value: string): string {
  const text = /^0x(?:[0-9a-f]{2})+$/.test(value) ? Buffer.from(value.slice(2), 'hex').toString('latin1') : value
  return /^[\x20-\x7e]+$/.test(text) ? text : value
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}
