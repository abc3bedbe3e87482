import {timingSafeEqual} from 'node:crypto'
import {fileTime, ntlmV2Response} from '../ntlm/client.ts'
import {hmacMd5, ntHash, ntlmV2Key, rc4} from '../ntlm/hashes.ts'
import {
  type Authenticate,
  avId,
  flagsOf,
  hasFlags,
  micLength,
  micOffset,
  ntlmFlag,
  readAuthenticate,
  readNegotiate,
  readTargetInfo,
  writeChallenge,
} from '../ntlm/messages.ts'
import type {World} from '../world.ts'
import {type DirectoryResult, judge, needsProtection} from './directory-bind.ts'
import type {DirectoryEntry, DirectoryTree} from './directory-entries.ts'

export type NtlmPolicy = {
  readonly domain: string
  /** Refuses binds in clear that would not sign. */
  readonly requireProtection: boolean
  /** The hash of this TLS connection; undefined in clear. */
  readonly channelBinding: Buffer | undefined
  /** Refuses a client that names another connection than this. */
  readonly checkChannelBinding: boolean
}

export type NtlmVerdict = {
  readonly result: DirectoryResult
  readonly name: string
  readonly entry: DirectoryEntry | undefined
  /** Given when everything that follows is sealed. */
  readonly sealKey: Buffer | undefined
}

const offered = flagsOf(
  ntlmFlag.unicode,
  ntlmFlag.requestTarget,
  ntlmFlag.sign,
  ntlmFlag.seal,
  ntlmFlag.ntlm,
  ntlmFlag.alwaysSign,
  ntlmFlag.extendedSessionSecurity,
  ntlmFlag.version,
  ntlmFlag.key128,
  ntlmFlag.keyExchange,
  ntlmFlag.key56,
)

/** The server's side of one NTLMv2 authentication ([MS-NLMP] 3.2.5): NEGOTIATE in, CHALLENGE out, AUTHENTICATE judged. */
export class NtlmAcceptor {
  readonly #tree: DirectoryTree
  readonly #policy: NtlmPolicy
  readonly #negotiate: Buffer
  readonly #serverChallenge: Buffer
  /** What the client must answer. */
  readonly challenge: Buffer

  private constructor(tree: DirectoryTree, policy: NtlmPolicy, world: World, negotiate: Buffer, asked: number) {
    this.#tree = tree
    this.#policy = policy
    this.#negotiate = negotiate
    this.#serverChallenge = world.randomBytes(8)
    const text = (id: number, value: string) => ({id, value: Buffer.from(value, 'utf16le')})
    const targetInfo = [
      text(avId.netbiosDomain, policy.domain),
      text(avId.netbiosComputer, 'FAKEDC'),
      {id: avId.timestamp, value: fileTime(world.wallMs())},
    ]
    const flags = flagsOf(asked & offered, ntlmFlag.targetInfo, ntlmFlag.targetTypeDomain)
    this.challenge = writeChallenge({flags, serverChallenge: this.#serverChallenge, targetInfo}, policy.domain)
  }

  /** Undefined when the octets are no NEGOTIATE message. */
  static start(tree: DirectoryTree, policy: NtlmPolicy, world: World, negotiate: Buffer): NtlmAcceptor | undefined {
    const asked = readNegotiate(negotiate)
    return asked === undefined ? undefined : new NtlmAcceptor(tree, policy, world, Buffer.from(negotiate), asked)
  }

  judge(authenticate: Buffer): NtlmVerdict {
    const message = readAuthenticate(authenticate)
    if (message === undefined || message.ntResponse.length < 48) return this.#refusal('', undefined)
    const name = this.#nameOf(message)
    const entry = this.#tree.userNamed(name)
    const key = ntlmV2Key(ntHash(entry?.user?.password ?? ''), message.userName, message.domain)
    const expected = ntlmV2Response(key, {
      serverChallenge: this.#serverChallenge,
      timestamp: message.ntResponse.subarray(24, 32),
      clientChallenge: message.ntResponse.subarray(32, 40),
      targetInfo: message.ntResponse.subarray(44, -4),
    })
    const exchanged = hasFlags(message.flags, ntlmFlag.keyExchange)
    const base = expected.sessionBaseKey
    const sessionKey = exchanged ? rc4(base, message.encryptedSessionKey) : base
    const isRight =
      same(expected.ntResponse, message.ntResponse) &&
      this.#isWhole(authenticate, sessionKey) &&
      this.#isThisConnection(message.ntResponse.subarray(44))
    const seals = hasFlags(message.flags, flagsOf(ntlmFlag.sign, ntlmFlag.seal))
    const result = this.#protected(judge(entry, isRight && entry !== undefined, true), seals)
    return {result, name, entry, sealKey: seals && result.code === 0 ? sessionKey : undefined}
  }

  /** Without a domain it is a user principal name, or an account of our own domain. */
  #nameOf({domain, userName}: Authenticate): string {
    if (domain === '' && userName.includes('@')) return userName
    return `${domain === '' ? this.#policy.domain : domain}\\${userName}`
  }

  #refusal(name: string, entry: DirectoryEntry | undefined): NtlmVerdict {
    return {result: judge(entry, false, true), name, entry, sealKey: undefined}
  }

  #protected(result: DirectoryResult, seals: boolean): DirectoryResult {
    const isTls = this.#policy.channelBinding !== undefined
    if (seals && isTls) return {code: 53, message: 'Sign or Seal are not allowed if TLS is used'}
    return this.#policy.requireProtection && !seals && !isTls ? needsProtection : result
  }

  /** The message integrity code covers all three messages. */
  #isWhole(authenticate: Buffer, sessionKey: Buffer): boolean {
    const blank = Buffer.from(authenticate)
    blank.fill(0, micOffset, micOffset + micLength)
    const code = authenticate.subarray(micOffset, micOffset + micLength)
    return same(hmacMd5(sessionKey, this.#negotiate, this.challenge, blank), code)
  }

  #isThisConnection(targetInfo: Buffer): boolean {
    if (!this.#policy.checkChannelBinding) return true
    const claimed = readTargetInfo(targetInfo)?.find((pair) => pair.id === avId.channelBindings)?.value
    return claimed !== undefined && same(claimed, this.#policy.channelBinding ?? Buffer.alloc(16))
  }
}

function same(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}
