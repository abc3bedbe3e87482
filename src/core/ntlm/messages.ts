/** Flags of the negotiation ([MS-NLMP] 2.2.2.5). */
export const ntlmFlag = {
  unicode: 0x00000001,
  requestTarget: 0x00000004,
  sign: 0x00000010,
  seal: 0x00000020,
  ntlm: 0x00000200,
  alwaysSign: 0x00008000,
  targetTypeDomain: 0x00010000,
  extendedSessionSecurity: 0x00080000,
  targetInfo: 0x00800000,
  version: 0x02000000,
  key128: 0x20000000,
  keyExchange: 0x40000000,
  key56: 0x80000000,
} as const

export function flagsOf(...flags: readonly number[]): number {
  return flags.reduce((all, flag) => (all | flag) >>> 0, 0)
}

export function hasFlags(all: number, wanted: number): boolean {
  return (all & wanted) >>> 0 === wanted >>> 0
}

/** Attribute ids of the target information ([MS-NLMP] 2.2.2.1). */
export const avId = {
  end: 0,
  netbiosComputer: 1,
  netbiosDomain: 2,
  dnsComputer: 3,
  dnsDomain: 4,
  flags: 6,
  timestamp: 7,
  targetName: 9,
  channelBindings: 10,
} as const

export type AvPair = {readonly id: number; readonly value: Buffer}

export type Challenge = {
  readonly flags: number
  readonly serverChallenge: Buffer
  readonly targetInfo: readonly AvPair[]
}

export type Authenticate = {
  readonly flags: number
  readonly lmResponse: Buffer
  readonly ntResponse: Buffer
  readonly domain: string
  readonly userName: string
  readonly workstation: string
  readonly encryptedSessionKey: Buffer
}

const signature = Buffer.from('NTLMSSP\0', 'latin1')
/** Windows 10's numbers and revision 15 ([MS-NLMP] 2.2.2.10); servers only look at the revision. */
const version = Buffer.from([10, 0, 0, 0, 0, 0, 0, 15])
const authenticateHeader = 88
/** Where the message integrity code stands in an AUTHENTICATE message ([MS-NLMP] 2.2.1.3). */
export const micOffset = 72
export const micLength = 16

export function writeNegotiate(flags: number): Buffer {
  const bytes = Buffer.alloc(40)
  header(bytes, 1)
  bytes.writeUInt32LE(flags, 12)
  version.copy(bytes, 32)
  return bytes
}

/** The flags of a NEGOTIATE message; undefined when it is none. */
export function readNegotiate(bytes: Buffer): number | undefined {
  return isMessage(bytes, 1, 16) ? bytes.readUInt32LE(12) : undefined
}

export function writeChallenge(challenge: Challenge, targetName: string): Buffer {
  const name = Buffer.from(targetName, 'utf16le')
  const info = writeTargetInfo(challenge.targetInfo)
  const bytes = Buffer.alloc(56)
  header(bytes, 2)
  field(bytes, 12, name, 56)
  bytes.writeUInt32LE(challenge.flags, 20)
  challenge.serverChallenge.copy(bytes, 24)
  field(bytes, 40, info, 56 + name.length)
  version.copy(bytes, 48)
  return Buffer.concat([bytes, name, info])
}

/** [MS-NLMP] 2.2.1.2; undefined when any part of it is not what it says. */
export function readChallenge(bytes: Buffer): Challenge | undefined {
  if (!isMessage(bytes, 2, 32)) return undefined
  const flags = bytes.readUInt32LE(20)
  const serverChallenge = bytes.subarray(24, 32)
  if (!hasFlags(flags, ntlmFlag.targetInfo)) return {flags, serverChallenge, targetInfo: []}
  const info = readField(bytes, 40)
  const targetInfo = info === undefined ? undefined : readTargetInfo(info)
  return targetInfo === undefined ? undefined : {flags, serverChallenge, targetInfo}
}

/** The message with 16 zero octets where the message integrity code goes. */
export function writeAuthenticate(message: Authenticate): Buffer {
  const bytes = Buffer.alloc(authenticateHeader)
  header(bytes, 3)
  const parts = [
    [28, Buffer.from(message.domain, 'utf16le')],
    [36, Buffer.from(message.userName, 'utf16le')],
    [44, Buffer.from(message.workstation, 'utf16le')],
    [12, message.lmResponse],
    [20, message.ntResponse],
    [52, message.encryptedSessionKey],
  ] as const
  let offset = authenticateHeader
  for (const [at, value] of parts) {
    field(bytes, at, value, offset)
    offset += value.length
  }
  bytes.writeUInt32LE(message.flags, 60)
  version.copy(bytes, 64)
  return Buffer.concat([bytes, ...parts.map(([, value]) => value)])
}

export function readAuthenticate(bytes: Buffer): Authenticate | undefined {
  if (!isMessage(bytes, 3, authenticateHeader)) return undefined
  const [lmResponse, ntResponse, encryptedSessionKey] = [12, 20, 52].map((at) => readField(bytes, at))
  const [domain, userName, workstation] = [28, 36, 44].map((at) => readField(bytes, at)?.toString('utf16le'))
  if (lmResponse === undefined || ntResponse === undefined || encryptedSessionKey === undefined) return undefined
  if (domain === undefined || userName === undefined || workstation === undefined) return undefined
  return {flags: bytes.readUInt32LE(60), lmResponse, ntResponse, domain, userName, workstation, encryptedSessionKey}
}

export function writeTargetInfo(pairs: readonly AvPair[]): Buffer {
  const parts = [...pairs, {id: avId.end, value: Buffer.alloc(0)}].map(({id, value}) => {
    const head = Buffer.alloc(4)
    head.writeUInt16LE(id, 0)
    head.writeUInt16LE(value.length, 2)
    return Buffer.concat([head, value])
  })
  return Buffer.concat(parts)
}

/** The pairs up to the one that ends them; undefined when that one is missing. */
export function readTargetInfo(bytes: Buffer): readonly AvPair[] | undefined {
  const pairs: AvPair[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const id = bytes.readUInt16LE(at)
    const length = bytes.readUInt16LE(at + 2)
    if (id === avId.end) return pairs
    if (at + 4 + length > bytes.length) return undefined
    pairs.push({id, value: bytes.subarray(at + 4, at + 4 + length)})
    at += 4 + length
  }
  return undefined
}

function isMessage(bytes: Buffer, type: number, atLeast: number): boolean {
  return bytes.length >= atLeast && bytes.subarray(0, 8).equals(signature) && bytes.readUInt32LE(8) === type
}

function header(bytes: Buffer, type: number): void {
  signature.copy(bytes)
  bytes.writeUInt32LE(type, 8)
}

function field(bytes: Buffer, at: number, value: Buffer, offset: number): void {
  bytes.writeUInt16LE(value.length, at)
  bytes.writeUInt16LE(value.length, at + 2)
  bytes.writeUInt32LE(offset, at + 4)
}

function readField(bytes: Buffer, at: number): Buffer | undefined {
  if (at + 8 > bytes.length) return undefined
  const length = bytes.readUInt16LE(at)
  const offset = bytes.readUInt32LE(at + 4)
  return offset + length > bytes.length ? undefined : bytes.subarray(offset, offset + length)
}
