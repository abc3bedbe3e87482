import assert from 'node:assert/strict'
import {createHash} from 'node:crypto'
import {test} from 'node:test'
import fc from 'fast-check'
import {channelBinding, endPointBinding} from '../../src/core/ntlm/channel-binding.ts'
import {
  createNtlmExchange,
  ntlmV1Responses,
  ntlmV1SessionResponses,
  ntlmV2Response,
} from '../../src/core/ntlm/client.ts'
import {ntHash, ntlmV2Key, rc4} from '../../src/core/ntlm/hashes.ts'
import {md4} from '../../src/core/ntlm/md4.ts'
import {avId, readAuthenticate, readChallenge, readTargetInfo, writeTargetInfo} from '../../src/core/ntlm/messages.ts'
import {Rc4} from '../../src/core/ntlm/rc4.ts'
import {Seal} from '../../src/core/ntlm/seal.ts'
import {Secret} from '../../src/core/secret.ts'
import {ManualWorld} from '../support/manual-world.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

const md4Vectors: readonly [text: string, digest: string][] = [
  ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
  ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
  ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
  ['message digest', 'd9130a8164549fe818874806e1c7014b'],
  ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db351ce627e153e7f0e4'],
  [
    '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
    'e33b4ddc9c38f2199c3e7b164fcc0536',
  ],
]

for (const [text, digest] of md4Vectors) {
  test(`RFC 1320 A.5: MD4 of "${text.slice(0, 20)}" (${text.length} octets)`, () => {
    assert.equal(md4(Buffer.from(text)).toString('hex'), digest)
  })
}

test('RFC 6229: RC4 with keys of 40 and 128 bits', () => {
  assert.equal(new Rc4(hex('0102030405')).apply(Buffer.alloc(16)).toString('hex'), 'b2396305f03dc027ccc3524a0a1118a8')
  const long = new Rc4(hex('0102030405060708090a0b0c0d0e0f10'))
  assert.equal(long.apply(Buffer.alloc(16)).toString('hex'), '9ac7cc9a609d1ef7b2932899cde41b97')
  assert.equal(long.apply(Buffer.alloc(16)).toString('hex'), '5248c4959014126a6e8a84f11d1a9e1c')
})

// the common values of [MS-NLMP] 4.2.1
const serverChallenge = hex('0123456789abcdef')
const clientChallenge = hex('aaaaaaaaaaaaaaaa')
const sessionKey = hex('55'.repeat(16))

test('[MS-NLMP] 4.2.2: NTLMv1', () => {
  const hash = ntHash('Password')
  assert.equal(hash.toString('hex'), 'a4f49c406510bdcab6824ee7c30fd852')
  const expected = '67c43011f30298a2ad35ece64f16331c44bdbed927841f94'
  assert.equal(ntlmV1Responses(hash, serverChallenge).ntResponse.toString('hex'), expected)
})

test('[MS-NLMP] 4.2.3: NTLMv1 with extended session security', () => {
  const {lmResponse, ntResponse} = ntlmV1SessionResponses(ntHash('Password'), serverChallenge, clientChallenge)
  assert.equal(lmResponse.toString('hex'), `${'aa'.repeat(8)}${'00'.repeat(16)}`)
  assert.equal(ntResponse.toString('hex'), '7537f803ae367128ca458204bde7caf81e97ed2683267232')
})

const challengeMessage = hex(
  '4e544c4d53535000 02000000 0c000c0038000000 33828ae2 0123456789abcdef 0000000000000000 2400240044000000 060070170000000f ' +
    '530065007200760065007200 02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000',
)

test('[MS-NLMP] 4.2.4: NTLMv2', () => {
  const challenge = readChallenge(challengeMessage)
  assert.ok(challenge)
  assert.deepEqual(challenge.serverChallenge, serverChallenge)
  const key = ntlmV2Key(ntHash('Password'), 'User', 'Domain')
  assert.equal(key.toString('hex'), '0c868a403bfd7a93a3001ef22ef02e3f')
  const response = ntlmV2Response(key, {
    serverChallenge,
    clientChallenge,
    timestamp: Buffer.alloc(8),
    targetInfo: writeTargetInfo(challenge.targetInfo),
  })
  assert.equal(response.lmResponse.toString('hex'), `86c35097ac9cec102554764a57cccc19${'aa'.repeat(8)}`)
  assert.equal(response.ntResponse.subarray(0, 16).toString('hex'), '68cd0ab851e51c96aabc927bebef6a1c')
  assert.equal(
    response.ntResponse.subarray(16).toString('hex'),
    hex(
      `0101000000000000 0000000000000000 ${'aa'.repeat(8)} 00000000 02000c0044006f006d00610069006e00 ` +
        '01000c00530065007200760065007200 00000000 00000000',
    ).toString('hex'),
  )
  assert.equal(response.sessionBaseKey.toString('hex'), '8de40ccadbc14a82f15cb0ad0de95ca3')
  assert.equal(rc4(response.sessionBaseKey, sessionKey).toString('hex'), 'c5dad2544fc9799094ce1ce90bc9d03e')
})

test('[MS-NLMP] 4.2.4.4: sealing', () => {
  const wrapped = new Seal(sessionKey, 'client').wrap(Buffer.from('Plaintext', 'utf16le'))
  assert.equal(wrapped.subarray(0, 16).toString('hex'), '010000007fb38ec5c55d497600000000')
  assert.equal(wrapped.subarray(16).toString('hex'), '54e50165bf1936dc996020c1811b0f06fb5f')
})

test('what one side seals the other opens, in order, and nothing changed, repeated or reversed is taken', () => {
  const messages = ['first', '', 'third'].map((text) => Buffer.from(text))
  const sender = new Seal(sessionKey, 'client')
  const receiver = new Seal(sessionKey, 'client')
  const wrapped = messages.map((message) => sender.wrap(message))
  assert.deepEqual(
    wrapped.map((each) => receiver.unwrap(each)),
    messages,
  )
  const [first, second] = wrapped
  assert.ok(first && second)
  assert.equal(new Seal(sessionKey, 'client').unwrap(second), undefined)
  assert.equal(new Seal(sessionKey, 'server').unwrap(first), undefined)
  assert.equal(new Seal(sessionKey, 'client').unwrap(first.subarray(0, 15)), undefined)
  for (let at = 0; at < first.length; at++) {
    const changed: Buffer = Buffer.from(first)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.equal(new Seal(sessionKey, 'client').unwrap(changed), undefined)
  }
})

test('the letters of a user name change case one by one, as Windows does it', () => {
  const hash = ntHash('fake')
  assert.deepEqual(ntlmV2Key(hash, 'jörg', 'D'), ntlmV2Key(hash, 'JÖRG', 'D'))
  assert.deepEqual(ntlmV2Key(hash, 'groß', 'D'), ntlmV2Key(hash, 'GROß', 'D'))
  assert.notDeepEqual(ntlmV2Key(hash, 'groß', 'D'), ntlmV2Key(hash, 'GROSS', 'D'))
})

const options = {
  version: 2,
  domain: 'Domain',
  userName: 'User',
  password: new Secret('Password'),
  workstation: 'COMPUTER',
  targetName: 'ldap/dc1.example.com',
  seal: true,
  channelBinding: undefined,
} as const

test('the answer names the target and the connection it is for', () => {
  const channelBinding = hex('0102030405060708090a0b0c0d0e0f10')
  const answer = createNtlmExchange({...options, seal: false, channelBinding}, new ManualWorld()).answer(
    challengeMessage,
  )
  assert.ok(answer.ok)
  const message = readAuthenticate(answer.authenticate)
  assert.ok(message)
  const pairs = readTargetInfo(message.ntResponse.subarray(44))
  const pairValue = (id: number) => pairs?.find((pair) => pair.id === id)?.value
  assert.deepEqual(pairValue(avId.channelBindings), channelBinding)
  assert.equal(pairValue(avId.targetName)?.toString('utf16le'), 'ldap/dc1.example.com')
  assert.equal(pairValue(avId.netbiosDomain)?.toString('utf16le'), 'Domain')
  assert.deepEqual([message.domain, message.userName, message.workstation], ['Domain', 'User', 'COMPUTER'])
  assert.equal(message.encryptedSessionKey.length, 0)
})

test('a server that will not seal, or knows no NTLMv2, gets no answer', () => {
  const withFlags = (flags: number) => {
    const changed = Buffer.from(challengeMessage)
    changed.writeUInt32LE(flags >>> 0, 20)
    return createNtlmExchange(options, new ManualWorld()).answer(changed)
  }
  const flags = 0xe28a8233
  assert.equal(withFlags(flags).ok, true)
  for (const missing of [0x10, 0x20, 0x1, 0x80000, 0x20000000, 0x800000])
    assert.equal(withFlags(flags & ~missing).ok, false)
})

test('no challenge makes the client throw', () => {
  const exchange = createNtlmExchange(options, new ManualWorld())
  fc.assert(
    fc.property(fc.nat(challengeMessage.length - 1), fc.nat(255), fc.nat(challengeMessage.length), (at, octet, end) => {
      const changed = Buffer.from(challengeMessage)
      changed[at] = octet
      exchange.answer(changed.subarray(0, end))
    }),
  )
})

test('a channel binding is the hash that others make of the same certificate', () => {
  const certificateHash = hex('e3ca49271e5089cc48ce82109f1324f41dbeddc29a777410c738f7868c4ff405')
  assert.equal(endPointBinding(certificateHash).toString('hex'), '6ea19df066da4622051f9c4f92c6df74')
})

const endPointHashes: readonly [signatureAlgorithm: string | undefined, hash: string][] = [
  ['sha256WithRSAEncryption', 'sha256'],
  ['ecdsa-with-SHA384', 'sha384'],
  ['sha512WithRSAEncryption', 'sha512'],
  ['sha1WithRSAEncryption', 'sha256'],
  ['md5WithRSAEncryption', 'sha256'],
  ['ED25519', 'sha256'],
  [undefined, 'sha256'],
]

for (const [signatureAlgorithm, hash] of endPointHashes) {
  test(`a certificate signed with ${signatureAlgorithm} is hashed with ${hash} (RFC 5929 4.1)`, () => {
    const raw = Buffer.from('stands for a certificate')
    const expected = endPointBinding(createHash(hash).update(raw).digest())
    assert.deepEqual(channelBinding({raw, signatureAlgorithm}), expected)
  })
}
