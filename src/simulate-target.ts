import {lookup} from 'node:dns/promises'
import {isIP} from 'node:net'
import {configContext} from './config-context.ts'
import {findConfigFile} from './config-file.ts'
import {formatDiagnostic} from './core/config/diagnostic.ts'
import {loadConfig} from './core/config/load.ts'
import type {Section} from './core/config/schema.ts'
import {Fault} from './core/fault.ts'
import {contains, parseAddress} from './core/network.ts'
import {Secret} from './core/secret.ts'
import {secretFromFile} from './terminal-input.ts'

export type Target = {
  readonly server: {readonly address: string; readonly port: number}
  readonly secret: Secret
  /** Where it came from, in a sentence; and what may go wrong with it. */
  readonly notes: readonly string[]
}

export type TargetFlags = {
  readonly server: string | undefined
  readonly 'secret-file': string | undefined
  readonly config: string | undefined
  readonly section: string | undefined
}

const DEFAULT_PORT = 1812
const LOOPBACK = '127.0.0.1'

/** The server that was named, else that of the configuration file; undefined when there is neither. */
export async function findTarget(flags: TargetFlags): Promise<Target | undefined> {
  if (flags.server !== undefined) {
    const secret = secretOf(flags['secret-file'])
    return {server: await resolveServer(flags.server), secret, notes: []}
  }
  const path = findConfigFile(flags.config)
  if (path === undefined) {
    if (flags.section !== undefined) throw new Fault('usage', '--section needs a configuration file')
    return undefined
  }
  const {config, diagnostics} = loadConfig(path, await configContext(path))
  if (config === undefined) {
    const errors = diagnostics.filter(({severity}) => severity === 'error')
    throw new Fault('config-invalid', `${path} has mistakes:\n${errors.map(formatDiagnostic).join('\n')}`)
  }
  return targetOfSection(chosenSection(config.sections, flags.section, path), path)
}

/** HOST, HOST:PORT, [V6]:PORT or a bare IPv6 address; a name is looked up. */
export async function resolveServer(text: string): Promise<Target['server']> {
  const [, bracketed, host = text, portText] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? []
  const name = bracketed ?? (isIP(text) === 6 ? text : host)
  const port = portText === undefined || isIP(text) === 6 ? DEFAULT_PORT : Number(portText)
  if (port < 1 || port > 65_535) throw new Fault('usage', `--server ${text}: a port is 1 to 65535`)
  if (isIP(name) !== 0) return {address: name, port}
  try {
    const {address} = await lookup(name)
    return {address, port}
  } catch (cause) {
    throw new Fault('name-unresolved', `cannot find the address of ${name}`, {cause})
  }
}

function secretOf(file: string | undefined): Secret {
  if (file !== undefined) return secretFromFile(file)
  const {AUTHPROXY_SECRET} = process.env
  if (AUTHPROXY_SECRET !== undefined) return new Secret(AUTHPROXY_SECRET)
  throw new Fault('usage', '--server needs the shared secret', {
    hint: 'give it in a file with --secret-file FILE, or in the environment as AUTHPROXY_SECRET',
  })
}

type ServerSection = Extract<Section, {kind: `radius_server_${string}`}>

function isServer(section: Section): section is ServerSection {
  return section.kind.startsWith('radius_server_')
}

function chosenSection(sections: readonly Section[], name: string | undefined, path: string): ServerSection {
  const servers = sections.filter(isServer)
  const names = servers.map((section) => `[${section.name}]`).join(', ')
  const wanted = name?.replace(/^\[|\]$/g, '').toLowerCase()
  const chosen = wanted === undefined ? servers : servers.filter((section) => section.name === wanted)
  const [only] = chosen
  if (only === undefined) {
    throw new Fault(
      'usage',
      wanted === undefined ? `${path} has no radius_server section` : `there is no [${wanted}] in ${path}`,
    )
  }
  if (chosen.length > 1) throw new Fault('usage', `${path} has ${names}: choose one with --section`)
  return only
}

function targetOfSection({name, options}: ServerSection, path: string): Target {
  const {interface: listensOn, port} = options
  const everywhere = listensOn === undefined || listensOn === '0.0.0.0' || listensOn === '::'
  const address = everywhere ? LOOPBACK : listensOn
  const here = parseAddress(address)
  const entry = options.radius_ip.find(({network}) => here !== undefined && contains(network, here))
  const secret = (entry ?? options.radius_ip[0])?.secret
  if (secret === undefined) throw new Fault('config-invalid', `[${name}] of ${path} has no radius_secret_1`)
  const notes = [`Asking [${name}] of ${path}`]
  if (entry === undefined) {
    notes.push(`No radius_ip of [${name}] covers ${address}: it will not answer unless one does`)
  }
  return {server: {address, port}, secret, notes}
}
