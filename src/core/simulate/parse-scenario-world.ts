import {
  type ConfigSection,
  type DuoCapability,
  type DuoDevice,
  type DuoUser,
  duoCapabilities,
  duoStatuses,
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
    else if (key?.text === 'profile') settings.profile = value.text
    else if (key?.text === 'client') settings.client = value.text
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
  for (const line of body) {
    const [first, second, third, fourth] = line.words
    const attribute = namedValue(line)
    if (attribute !== undefined) attributes.push(attribute)
    else if (first?.text === 'asks' && second !== undefined && third?.text === 'expects' && fourth !== undefined) {
      asks = {prompt: second.text, answer: fourth.octets}
    } else if (first?.text === 'refused' && second !== undefined) refused = second.text
    else complain(line, 'expected "Attribute = value", \'asks "PROMPT" expects "ANSWER"\' or \'refused "TEXT"\'')
  }
  return {name, password, attributes, asks, refused}
}

/** `api v2|v2-devices|v1`; then `NAME [status]` with the user's devices under it. */
export function parseDuoPart(blocks: readonly Block[], complain: Complain): ScenarioDuo {
  let api: ScenarioDuo['api'] = 'v2'
  const users: DuoUser[] = []
  for (const {head, body} of blocks) {
    const [name, second] = head.words
    if (name?.text === 'api' && (second?.text === 'v1' || second?.text === 'v2' || second?.text === 'v2-devices')) {
      api = second.text
      continue
    }
    const status = second === undefined ? 'active' : duoStatuses.find((known) => known === second.text)
    if (name === undefined || status === undefined) {
      complain(head, `expected "api v1|v2|v2-devices", or a user and one of ${duoStatuses.join(', ')}`)
      continue
    }
    const passcodes: string[] = []
    const devices: DuoDevice[] = []
    let verified = false
    for (const line of body) {
      const device = duoDevice(line)
      if (device !== undefined) devices.push(device)
      else if (line.words[0]?.text === 'verified' && line.words.length === 1) verified = true
      else if (line.words[0]?.text === 'passcode' && line.words[1] !== undefined) passcodes.push(line.words[1].text)
      else
        complain(line, 'expected \'phone "LABEL" push phone sms\', \'token "LABEL"\', "passcode DIGITS" or "verified"')
    }
    users.push({name: name.octets, status, verified, passcodes, devices})
  }
  return {api, users}
}

function duoDevice({words}: Line): DuoDevice | undefined {
  const [kind, label, ...rest] = words
  if ((kind?.text !== 'phone' && kind?.text !== 'token') || label?.quoted !== true) return undefined
  const capabilities: DuoCapability[] = []
  let nextCode: string | undefined
  for (const [index, word] of rest.entries()) {
    const capability = duoCapabilities.find((known) => known === word.text)
    if (capability !== undefined) capabilities.push(capability)
    else if (word.text === 'next') nextCode = rest[index + 1]?.text
    else if (rest[index - 1]?.text !== 'next') return undefined
  }
  return {kind: kind.text, label: label.text, capabilities, nextCode}
}

/** `Name = value`. */
export function namedValue({number, words}: Line): NamedValue | undefined {
  const [name, equals, value] = words
  if (name === undefined || equals?.text !== '=' || equals.quoted || value === undefined || words.length !== 3)
    return undefined
  return {line: number, name: name.text, value}
}
