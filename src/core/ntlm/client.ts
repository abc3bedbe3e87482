import type {Secret} from '../secret.ts'
import type {World} from '../world.ts'
import {desl, hmacMd5, md5, ntHash, ntlmV2Key, rc4} from './hashes.ts'
import {
  type Authenticate,
  type AvPair,
  avId,
  type Challenge,
  flagsOf,
  hasFlags,
  micOffset,
  ntlmFlag,
  readChallenge,
  writeAuthenticate,
  writeNegotiate,
  writeTargetInfo,
} from './messages.ts'

export type NtlmOptions = {
  /** 1 answers with NTLMv1, which anybody who listens can turn into the password; it never seals. */
  readonly version: 1 | 2
  /** Empty when the user name is a user principal name. */
  readonly domain: string
  readonly userName: string
  readonly password: Secret
  readonly workstation: string
  /** Whom we mean to talk to, as in "ldap/dc1.example.com". */
  readonly targetName: string
  /** Signs and seals what follows; not inside TLS, where domain controllers refuse it. */
  readonly seal: boolean
  /** The hash that ties this login to the TLS connection; undefined in clear. */
  readonly channelBinding: Buffer | undefined
}

export type NtlmAnswer =
  | {readonly ok: true; readonly authenticate: Buffer; readonly sessionKey: Buffer}
  | {readonly ok: false; readonly reason: string}

export type NtlmExchange = {
  readonly negotiate: Buffer
  answer(challenge: Buffer): NtlmAnswer
}

const sealFlags = flagsOf(ntlmFlag.sign, ntlmFlag.seal, ntlmFlag.keyExchange, ntlmFlag.key128, ntlmFlag.key56)
/** What the server must grant when we seal: less would be sealing in name only. */
const neededToSeal = flagsOf(ntlmFlag.sign, ntlmFlag.seal, ntlmFlag.extendedSessionSecurity, ntlmFlag.key128)

/** The client's side of one NTLM authentication ([MS-NLMP] 3.1.5): say hello, answer the challenge. */
export function createNtlmExchange(options: NtlmOptions, world: World): NtlmExchange {
  const asked = flagsOf(
    ntlmFlag.unicode,
    ntlmFlag.requestTarget,
    ntlmFlag.ntlm,
    ntlmFlag.alwaysSign,
    ntlmFlag.extendedSessionSecurity,
    ntlmFlag.targetInfo,
    ntlmFlag.version,
    options.seal ? sealFlags : 0,
  )
  const negotiate = writeNegotiate(asked)
  return {
    negotiate,
    // Not a method, which V8 would make old at once (docs/decisions/0074-young-logins.md).
    answer: (bytes) => {
      const challenge = readChallenge(bytes)
      if (challenge === undefined) return {ok: false, reason: 'the answer is no NTLM challenge'}
      if (!hasFlags(challenge.flags, ntlmFlag.unicode)) return {ok: false, reason: 'the server does not speak Unicode'}
      if (options.seal && !hasFlags(challenge.flags, neededToSeal)) {
        return {ok: false, reason: 'the server does not sign and seal with 128 bits'}
      }
      const flags = (challenge.flags & asked) >>> 0
      if (options.version === 1) return answerV1(challenge, flags, options, world)
      if (challenge.targetInfo.length === 0) return {ok: false, reason: 'the server does not know NTLMv2'}
      return answerV2(negotiate, bytes, challenge, flags, options, world)
    },
  }
}

function answerV1(challenge: Challenge, flags: number, options: NtlmOptions, world: World): NtlmAnswer {
  const hash = ntHash(options.password.reveal())
  const responses = hasFlags(flags, ntlmFlag.extendedSessionSecurity)
    ? ntlmV1SessionResponses(hash, challenge.serverChallenge, world.randomBytes(8))
    : ntlmV1Responses(hash, challenge.serverChallenge)
  const empty = Buffer.alloc(0)
  const authenticate = writeAuthenticate({...nameFields(options), ...responses, flags, encryptedSessionKey: empty})
  return {ok: true, authenticate, sessionKey: empty}
}

/** [MS-NLMP] 3.3.1; the LM response, made from a yet weaker hash, is replaced by the NT one. */
export function ntlmV1Responses(
  hash: Buffer,
  serverChallenge: Buffer,
): {readonly lmResponse: Buffer; readonly ntResponse: Buffer} {
  const ntResponse = desl(hash, serverChallenge)
  return {lmResponse: ntResponse, ntResponse}
}

/** [MS-NLMP] 3.3.1 with extended session security. */
export function ntlmV1SessionResponses(
  hash: Buffer,
  serverChallenge: Buffer,
  clientChallenge: Buffer,
): {readonly lmResponse: Buffer; readonly ntResponse: Buffer} {
  const both = md5(serverChallenge, clientChallenge).subarray(0, 8)
  return {lmResponse: Buffer.concat([clientChallenge, Buffer.alloc(16)]), ntResponse: desl(hash, both)}
}

function answerV2(
  negotiate: Buffer,
  challengeBytes: Buffer,
  challenge: Challenge,
  flags: number,
  options: NtlmOptions,
  world: World,
): NtlmAnswer {
  const key = ntlmV2Key(ntHash(options.password.reveal()), options.userName, options.domain)
  const serverTime = challenge.targetInfo.find((pair) => pair.id === avId.timestamp)?.value
  const response = ntlmV2Response(key, {
    serverChallenge: challenge.serverChallenge,
    clientChallenge: world.randomBytes(8),
    timestamp: serverTime ?? fileTime(world.wallMs()),
    targetInfo: ourTargetInfo(challenge.targetInfo, serverTime !== undefined, options),
  })
  // a server that names the time wants no LM response, and a code over all three messages ([MS-NLMP] 3.1.5.1.2)
  const lmResponse = serverTime === undefined ? response.lmResponse : Buffer.alloc(24)
  const exchanged = hasFlags(flags, ntlmFlag.keyExchange)
  const sessionKey = exchanged ? world.randomBytes(16) : response.sessionBaseKey
  const encryptedSessionKey = exchanged ? rc4(response.sessionBaseKey, sessionKey) : Buffer.alloc(0)
  const fields: Authenticate = {
    ...nameFields(options),
    lmResponse,
    ntResponse: response.ntResponse,
    flags,
    encryptedSessionKey,
  }
  const authenticate = writeAuthenticate(fields)
  if (serverTime !== undefined)
    hmacMd5(sessionKey, negotiate, challengeBytes, authenticate).copy(authenticate, micOffset)
  return {ok: true, authenticate, sessionKey}
}

/** [MS-NLMP] 3.3.2. */
export function ntlmV2Response(
  key: Buffer,
  input: {
    readonly serverChallenge: Buffer
    readonly clientChallenge: Buffer
    readonly timestamp: Buffer
    readonly targetInfo: Buffer
  },
): {readonly ntResponse: Buffer; readonly lmResponse: Buffer; readonly sessionBaseKey: Buffer} {
  const {serverChallenge, clientChallenge, timestamp, targetInfo} = input
  const head = Buffer.from([1, 1, 0, 0, 0, 0, 0, 0])
  const blob = Buffer.concat([head, timestamp, clientChallenge, Buffer.alloc(4), targetInfo, Buffer.alloc(4)])
  const proof = hmacMd5(key, serverChallenge, blob)
  return {
    ntResponse: Buffer.concat([proof, blob]),
    lmResponse: Buffer.concat([hmacMd5(key, serverChallenge, clientChallenge), clientChallenge]),
    sessionBaseKey: hmacMd5(key, proof),
  }
}

/** The server's own words back, and ours: a code follows, this connection, this target ([MS-NLMP] 3.1.5.1.2). */
function ourTargetInfo(pairs: readonly AvPair[], hasCode: boolean, options: NtlmOptions): Buffer {
  const ours: ReadonlySet<number> = new Set([avId.flags, avId.targetName, avId.channelBindings])
  const flags = Buffer.alloc(4)
  pairs.find((pair) => pair.id === avId.flags)?.value.copy(flags)
  if (hasCode) flags.writeUInt32LE((flags.readUInt32LE(0) | 2) >>> 0, 0)
  return writeTargetInfo([
    ...pairs.filter((pair) => !ours.has(pair.id)),
    {id: avId.flags, value: flags},
    {id: avId.channelBindings, value: options.channelBinding ?? Buffer.alloc(16)},
    {id: avId.targetName, value: Buffer.from(options.targetName, 'utf16le')},
  ])
}

function nameFields(options: NtlmOptions): Pick<Authenticate, 'domain' | 'userName' | 'workstation'> {
  return {domain: options.domain, userName: options.userName, workstation: options.workstation}
}

/** 100 ns since 1601 ([MS-DTYP] 2.3.3). */
export function fileTime(unixMs: number): Buffer {
  const time = Buffer.alloc(8)
  time.writeBigUInt64LE((BigInt(Math.floor(unixMs)) + 11_644_473_600_000n) * 10_000n)
  return time
}
