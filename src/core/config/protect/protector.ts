import {Fault} from '../../fault.ts'
import {Secret} from '../../secret.ts'
import type {FileRead, Unprotected} from '../context.ts'
import {describeForeign, dpapiOctets, fromDpapi, open, seal} from './blob.ts'
import {type DpapiRequest, dpapiProtect, dpapiUnprotect} from './dpapi.ts'
import {KEY_OCTETS, machineKeyPath, makeMachineKey, readMachineKey} from './machine-key.ts'

const NONCE_OCTETS = 12

/** What protecting takes from outside. `runPowerShell` gives the standard output, or what went wrong. */
export type ProtectorEdge = {
  readonly platform: string
  readonly readFile: (path: string) => FileRead
  readonly randomBytes: (size: number) => Buffer
  readonly runPowerShell: (
    request: DpapiRequest,
  ) => {readonly ok: true; readonly output: string} | {readonly ok: false; readonly reason: string}
}

export type Protector = {
  /** @throws Fault secret-unavailable, file-unwritable */
  readonly protect: (secret: Secret) => string
  readonly unprotect: (text: string) => Unprotected
}

/** Protects and opens values for one configuration file: with DPAPI on Windows, elsewhere with the key beside the file. */
export function createProtector(configPath: string, edge: ProtectorEdge): Protector {
  return edge.platform === 'win32' ? windowsProtector(edge) : keyProtector(configPath, edge)
}

function keyProtector(configPath: string, {readFile, randomBytes}: ProtectorEdge): Protector {
  const path = machineKeyPath(configPath)
  return {
    protect: (secret) => {
      if (!readFile(path).ok) makeMachineKey(path, configPath, randomBytes(KEY_OCTETS))
      const key = readMachineKey(path, readFile)
      if (!key.ok)
        throw new Fault('secret-unavailable', key.reason, {hint: `only its owner may read it: chmod 600 ${path}`})
      return seal(secret, key.key, randomBytes(NONCE_OCTETS))
    },
    unprotect: (text) => {
      const isOurs = /^ap1\.[A-Za-z0-9_-]{8}\./.test(text)
      if (!isOurs) return {ok: false, reason: describeForeign(text)}
      const key = readMachineKey(path, readFile)
      return key.ok ? open(text, key.key) : key
    },
  }
}

function windowsProtector({runPowerShell}: ProtectorEdge): Protector {
  return {
    protect: (secret) => {
      const result = runPowerShell(dpapiProtect(secret.reveal()))
      if (result.ok) return fromDpapi(result.output.trim())
      throw new Fault('secret-unavailable', `Windows could not protect the value: ${result.reason}`)
    },
    unprotect: (text) => {
      const octets = dpapiOctets(text)
      if (octets === undefined) {
        const isOurs = text.startsWith('ap1.')
        return {ok: false, reason: isOurs ? 'it was protected on another machine' : describeForeign(text)}
      }
      const result = runPowerShell(dpapiUnprotect(octets))
      if (!result.ok) return {ok: false, reason: 'it was protected on another machine, or is damaged'}
      return {ok: true, secret: new Secret(Buffer.from(result.output.trim(), 'base64').toString('utf8'))}
    },
  }
}
