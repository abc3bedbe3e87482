import type {CloudPhone, CloudUser} from './duo-cloud-users.ts'
import {profileNames} from './profiles.ts'
import {
  type ConfigSection,
  duoAccesses,
  type NamedValue,
  type PrimaryUser,
  type ScenarioDuo,
  type ScenarioNas,
  type ScenarioPrimary,
} from './scenario.ts'
import type {Block, Complain, Line} from './scenario-lines.ts'

/** `[section]`, `option = value`, and `- option` to take one out of the standard configuration. */
export function parseConfigPart(lines: readonly Line[], complain: Complain): ConfigSection[] {
  const sections: {name: string; options: Map<string, string | undefined>}[] = []
  for (const line of lines) {
    const [, section] = /^\[(.+)\]$/.exec(line.raw) ?? []
    const [, removed] = /^- (\S+)$/.exec(line.raw) ?? []
    const [, key, value] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line.raw) ?? []
    const options = sections.at(-1)?.options
    if (section !== undefined) sections.push({name: section, options: new Map()})
    else if (options === undefined) complain(line, 'an option needs a [section] above it')
    else if (removed !== undefined) options.set(removed, undefined)
    else if (key !== undefined && value !== undefined) options.set(key, value)
    else complain(line, 'expected "[section]", "option = value" or "- option"')
  }
  return sections
}

export function parseNasPart(blocks: readonly Block[], complain: Complain): ScenarioNas {
  const settings = {address: '192.0.2.10', profile: 'ivanti', client: '198.51.100.7'}
  for (const {head} of blocks) {
    const [key, value] = head.words
    if (value === undefined) complain(head, 'expected "address A", "profile P" or "client A"')
    else if (key?.text === 'address') settings.address = value.text
    else if (key?.text === 'profile') {
      settings.profile = value.text
      if (!profileNames.includes(value.text)) {
        complain(head, `unknown profile "${value.text}" (known: ${profileNames.join(', ')})`, value)
      }
    } else if (key?.text === 'client') settings.client = value.text
    else complain(head, `unknown setting "${key?.text ?? ''}" (known: address, profile, client)`)
  }
  return {address: settings.address, profile: settings.profile, clientAddress: settings.client}
}

/** `radius`, `directory` or `none`; then `NAME "PASSWORD"` with what the server does for that user under it. */
export function parsePrimaryPart(blocks: readonly Block[], complain: Complain): ScenarioPrimary {
  let kind: ScenarioPrimary['kind'] = 'radius'
  const users: PrimaryUser[] = []
  for (const {head, body} of blocks) {
    const [name, password] = head.words
    if (name !== undefined && password !== undefined) {
      users.push(primaryUser(name.octets, password.octets, body, complain))
    } else if (name?.text === 'radius' || name?.text === 'directory' || name?.text === 'none') {
      kind = name.text
    } else complain(head, 'expected "radius", "directory", "none" or a user name and a password')
  }
  return {kind, users}
}

function primaryUser(name: Buffer, password: Buffer, body: readonly Line[], complain: Complain): PrimaryUser {
  const attributes: NamedValue[] = []
  let asks: PrimaryUser['asks']
  let refused: string | undefined
  let isExpired = false
  for (const line of body) {
    const [first, second, third, fourth] = line.words
    const attribute = namedValue(line)
    if (attribute !== undefined) attributes.push(attribute)
    else if (first?.text === 'asks' && second !== undefined && third?.text === 'expects' && fourth !== undefined) {
      asks = {prompt: second.text, answer: fourth.octets}
    } else if (first?.text === 'refused' && second !== undefined) refused = second.text
    else if (first?.text === 'expired' && second === undefined) isExpired = true
    else {
      complain(
        line,
        'expected "Attribute = value", \'asks "PROMPT" expects "ANSWER"\', \'refused "TEXT"\' or "expired"',
      )
    }
  }
  return {name, password, attributes, asks, refused, isExpired}
}

/** `api v2|v2-devices|v1`; then `NAME [access]` with the user's devices under it. */
export function parseDuoPart(blocks: readonly Block[], complain: Complain): ScenarioDuo {
  let api: ScenarioDuo['api'] = 'v2'
  const users: CloudUser[] = []
  for (const {head, body} of blocks) {
    const [name, second] = head.words
    if (name?.text === 'api' && (second?.text === 'v1' || second?.text === 'v2' || second?.text === 'v2-devices')) {
      api = second.text
      continue
    }
    const access = second === undefined ? 'ask' : duoAccesses.find((known) => known === second.text)
    if (name === undefined || access === undefined) {
      complain(head, `expected "api v1|v2|v2-devices", or a user and one of ${duoAccesses.join(', ')}`)
    } else users.push(duoUser(name.text, access, body, complain))
  }
  return {api, users}
}

function duoUser(
  userName: string,
  access: (typeof duoAccesses)[number],
  body: readonly Line[],
  complain: Complain,
): CloudUser {
  const phones: CloudPhone[] = []
  const tokens: string[] = []
  const passcodes: string[] = []
  const groups: string[] = []
  let verifiedPush = false
  for (const line of body) {
    const [kind, label, ...more] = line.words
    const capabilities = capabilityNames.filter((known) => more.some((word) => word.text === known))
    if (kind?.text === 'verified' && label === undefined) verifiedPush = true
    else if (label === undefined) complain(line, expectedOfUser)
    else if (kind?.text === 'passcode') passcodes.push(label.text)
    else if (kind?.text === 'token') tokens.push(label.text)
    else if (kind?.text === 'group') groups.push(label.text)
    else if (kind?.text === 'phone' && capabilities.length === more.length)
      phones.push({mask: label.text, capabilities})
    else complain(line, expectedOfUser)
  }
  return {userName, access, phones, tokens, passcodes, verifiedPush, ...(groups.length === 0 ? {} : {groups})}
}

const capabilityNames = ['push', 'phone', 'sms'] as const
const expectedOfUser =
  'expected \'phone "LABEL" push phone sms\', \'token "SERIAL"\', "passcode DIGITS", \'group "NAME"\' or "verified"'

/** `Name = value`. */
export function namedValue({number, words}: Line): NamedValue | undefined {
  const [name, equals, value] = words
  if (name === undefined || equals?.text !== '=' || equals.quoted || value === undefined || words.length !== 3)
    return undefined
  return {line: number, name: name.text, value}
}
