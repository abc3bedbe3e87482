import {encodeValue} from '../radius/dictionary-value.ts'
import {type Attribute, attributeType, type Packet, packetCode} from '../radius/packet.ts'
import {hidePassword} from '../radius/password.ts'
import type {SharedKey} from '../radius/shared-key.ts'
import {encodeRequest} from '../radius/sign.ts'
import type {World} from '../world.ts'
import type {NasProfile} from './profiles.ts'

/** What stands in for a profile's placeholders during one login; it stays the same over the rounds of a login. */
export type NasSession = {
  readonly userName: Buffer
  /** The user's own address; undefined when the gateway does not know it. */
  readonly clientAddress: string | undefined
  readonly nasAddress: string
  /** A short mark that tells sessions of one user apart. */
  readonly mark: string
  readonly startedMs: number
}

/** Attributes that carry what the user knows; made anew for every request, since they depend on its authenticator. */
export type Credentials = (authenticator: Buffer, key: SharedKey) => readonly Attribute[]

export type RequestFault = {readonly ok: false; readonly reason: string}

export function startSession(
  world: World,
  userName: Buffer,
  clientAddress: string | undefined,
  nasAddress: string,
): NasSession {
  const mark = world.randomBytes(5).toString('base64url')
  return {userName, clientAddress, nasAddress, mark, startedMs: world.wallMs()}
}

/** The attributes of an Access-Request in wire order, without Message-Authenticator. Credentials are marked by their place. */
export type RequestTemplate = {readonly before: readonly Attribute[]; readonly after: readonly Attribute[]}

/** Fills a profile for a session. `extra` attributes take the place of the profile's own of the same type, or come last. */
export function requestTemplate(
  profile: NasProfile,
  session: NasSession,
  extra: readonly Attribute[] = [],
): ({readonly ok: true} & RequestTemplate) | RequestFault {
  const parts: {before: Attribute[]; after: Attribute[]} = {before: [], after: []}
  const replaced = new Set(extra.filter(({type}) => type !== attributeType.vendorSpecific).map(({type}) => type))
  let part = parts.before
  for (const entry of profile.attributes) {
    if (entry === 'credentials') {
      part = parts.after
      continue
    }
    const [name, pattern] = entry
    if (pattern.includes('{client}') && session.clientAddress === undefined) continue
    const made = pattern === '{user}' ? userNameAttribute(session) : profileAttribute(name, pattern, session)
    if (!made.ok) return {ok: false, reason: made.reason}
    if (!replaced.has(made.attribute.type)) part.push(made.attribute)
  }
  parts.after.push(...extra)
  return {ok: true, ...parts}
}

/** The octets of one Access-Request. */
export function accessRequest(
  template: RequestTemplate,
  header: {readonly identifier: number; readonly authenticator: Buffer},
  key: SharedKey,
  credentials: Credentials,
  options: {readonly messageAuthenticator: boolean; readonly state?: Buffer | undefined},
): {readonly ok: true; readonly datagram: Buffer} | RequestFault {
  const attributes = [...template.before, ...credentials(header.authenticator, key)]
  if (options.state !== undefined) attributes.push({type: attributeType.state, value: options.state})
  attributes.push(...template.after)
  const packet: Packet = {code: packetCode.accessRequest, ...header, attributes}
  const encoded = encodeRequest(packet, key, options)
  if (encoded.ok) return {ok: true, datagram: encoded.datagram}
  return {
    ok: false,
    reason:
      encoded.reason === 'packet-too-long'
        ? `the request would have ${encoded.octets} octets, and 4096 is the most`
        : `the value of attribute ${encoded.type} has more than 253 octets`,
  }
}

/** An attribute as a person writes it: `NAME=VALUE`, vendor attributes included. */
export function writtenAttribute(text: string): {readonly ok: true; readonly attribute: Attribute} | RequestFault {
  const equals = text.indexOf('=')
  if (equals < 1) return {ok: false, reason: 'expected NAME=VALUE'}
  return encodeValue(text.slice(0, equals), text.slice(equals + 1))
}

/** User-Password; a password of more than 128 octets cannot be sent (RFC 2865 5.2). */
export function papCredentials(password: Buffer): Credentials | undefined {
  if (password.length > 128) return undefined
  return (authenticator, key) => {
    const value = hidePassword(password, authenticator, key)
    return value === undefined ? [] : [{type: attributeType.userPassword, value}]
  }
}

function userNameAttribute({userName}: NasSession): {ok: true; attribute: Attribute} | RequestFault {
  if (userName.length < 1 || userName.length > 253) return {ok: false, reason: 'a user name has 1 to 253 octets'}
  return {ok: true, attribute: {type: attributeType.userName, value: userName}}
}

/** What is the same for many logins is encoded once: a load of logins is made of little else. */
const repeated = new Map<string, ReturnType<typeof encodeValue>>()
const MAX_REPEATED = 1000

function profileAttribute(name: string, pattern: string, session: NasSession): ReturnType<typeof encodeValue> {
  const value = pattern.includes('{') ? filled(pattern, session) : pattern
  if (pattern.includes('{session}')) return encodeValue(name, value)
  const key = `${name} ${value}`
  const made = repeated.get(key) ?? encodeValue(name, value)
  if (repeated.size >= MAX_REPEATED) repeated.clear()
  repeated.set(key, made)
  return made
}

function filled(pattern: string, session: NasSession): string {
  return pattern
    .replaceAll('{user}', () => session.userName.toString('utf8'))
    .replaceAll('{client}', () => session.clientAddress ?? '')
    .replaceAll('{nas}', session.nasAddress)
    .replaceAll('{session}', session.mark)
    .replaceAll('{date}', () => ctime(session.startedMs))
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** As C's ctime has it, and the captured login: "Wed May 20 17:01:13 2015". */
function ctime(ms: number): string {
  const date = new Date(ms)
  const two = (number: number) => `${number}`.padStart(2, '0')
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':')
  const day = `${date.getUTCDate()}`.padStart(2, ' ')
  return `${days[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${day} ${time} ${date.getUTCFullYear()}`
}
