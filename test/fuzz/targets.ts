import assert from 'node:assert/strict'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {loadConfigText} from '../../src/core/config/load.ts'
import {readAnswer} from '../../src/core/duo/answer.ts'
import {beginV1, pollV1, preauthV1} from '../../src/core/duo/auth-v1.ts'
import {beginV2, pollV2, preauthV2} from '../../src/core/duo/auth-v2.ts'
import type {DuoTransport} from '../../src/core/duo/transport.ts'
import {decodeChallenge, encodeChallenge} from '../../src/core/login/challenge-codec.ts'
import {openJournal} from '../../src/core/login/journal.ts'
import {MemoryStore} from '../../src/core/login/memory-store.ts'
import {SealedState} from '../../src/core/login/sealed-state.ts'
import {
  readAuthenticate,
  readChallenge,
  readNegotiate,
  readTargetInfo,
  writeAuthenticate,
  writeChallenge,
  writeNegotiate,
} from '../../src/core/ntlm/messages.ts'
import {decodeMessage, encodeBind, encodeStartTls} from '../../src/core/primary/ldap/message.ts'
import {decodePacket, encodePacket} from '../../src/core/radius/codec.ts'
import {
  readAnswer as readControlAnswer,
  readReloadResult,
  readRequest,
  readStatus,
} from '../../src/core/service/control-protocol.ts'
import {testContext} from '../config/support/context.ts'
import {filesBelow, textOf} from '../project/repository.ts'
import {exchanges} from '../radius/support.ts'
import {ManualWorld} from '../support/manual-world.ts'
import {receiverTarget} from './receiver-target.ts'
import type {Target} from './target.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const json = (value: unknown) => Buffer.from(JSON.stringify(value), 'utf8')
const packets = exchanges.flatMap(({request, reply}) => [hex(request), hex(reply)])

const radiusCodec: Target = {
  name: 'radius-codec',
  seeds: packets,
  run(input) {
    const decoded = decodePacket(input)
    if (!decoded.ok) {
      assert.ok(decoded.offset <= input.length)
      return decoded.reason
    }
    const again = encodePacket(decoded.packet)
    assert.ok(again.ok)
    assert.ok(again.datagram.equals(input.subarray(0, again.datagram.length)))
    return `${Math.min(decoded.packet.attributes.length, 4)} attributes`
  },
}

const config: Target = {
  name: 'config',
  seeds: filesBelow('fixtures/config')
    .filter((file) => file.endsWith('.cfg'))
    .map((file) => Buffer.from(textOf(file), 'utf8')),
  words: [
    '[',
    ']',
    '=',
    '\n',
    '\r\n',
    '\ufeff',
    '%(',
    '${',
    ';',
    '#',
    '[main]\n',
    'radius_ip_1=',
    'host_99999999999=',
    '\u2028',
    '"',
  ],
  run(input) {
    const {config: loaded, diagnostics} = loadConfigText(input, '/conf/authproxy.cfg', testContext())
    const hasError = diagnostics.some(({severity}) => severity === 'error')
    assert.equal(loaded === undefined, hasError, 'a configuration with an error is none, and only that')
    return (
      diagnostics
        .map(({code}) => code)
        .toSorted()
        .at(-1) ?? 'no finding'
    )
  },
}

const ldap: Target = {
  name: 'ldap',
  seeds: [
    hex('30 0f 02 01 07 61 0a 0a 01 31 04 00 04 03 626164'),
    hex('30 1a 02 01 02 64 15 04 04 636e3d61 30 0d 30 0b 04 02 434e 31 05 04 01 61 04 00'),
    hex('30 0c 02 01 02 65 07 0a 01 00 04 00 04 00'),
    hex('30 1c 02 01 02 73 17 04 15 6c6461703a2f2f3132372e302e302e313a312f783d79'),
    encodeBind(3, {kind: 'simple', name: 'cn=a', password: 'password-not-real'}),
    encodeStartTls(6),
  ],
  run(input) {
    const message = decodeMessage(input)
    if (message === undefined) return 'none'
    return `${message.body.kind}${message.controls.length > 0 ? ' with controls' : ''}`
  },
}

const ntlm: Target = {
  name: 'ntlm',
  seeds: [
    writeNegotiate(0xe2088297),
    writeChallenge(
      {flags: 0xe2898235, serverChallenge: Buffer.alloc(8, 1), targetInfo: [{id: 2, value: Buffer.from('A\0D\0')}]},
      'AD',
    ),
    writeAuthenticate({
      flags: 0xe2888235,
      domain: 'AD',
      userName: 'jdoe',
      workstation: 'PC',
      lmResponse: Buffer.alloc(24),
      ntResponse: Buffer.alloc(60, 2),
      encryptedSessionKey: Buffer.alloc(16, 3),
    }),
  ],
  run(input) {
    const seen = [readNegotiate(input), readChallenge(input), readAuthenticate(input), readTargetInfo(input)]
    return seen.map((value) => (value === undefined ? '-' : '+')).join('')
  },
}

const settings = {failMode: 'safe', preauthTimeoutMs: 10_000, factorTimeoutMs: 70_000} as const
const never = new AbortController().signal

/** The first two octets are the HTTP status, what follows is the body. */
function reply(status: number, body: unknown): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(status)
  return Buffer.concat([head, json(body)])
}

const duo: Target = {
  name: 'duo',
  seeds: [
    reply(200, {
      stat: 'OK',
      response: {result: 'auth', status_msg: 'x', prompt: {text: 'Choose', factors: {1: 'push1'}}},
    }),
    reply(200, {
      stat: 'OK',
      response: {result: 'auth', devices: [{device: 'DP1', capabilities: ['push'], number: '5'}]},
    }),
    reply(200, {stat: 'OK', response: {result: 'waiting', status: 'pushed', status_msg: 'Pushed'}}),
    reply(200, {stat: 'OK', response: {result: 'deny', status: 'fraud', status_msg: 'No'}}),
    reply(200, {stat: 'OK', response: {txid: '45f7c92b'}}),
    reply(403, {stat: 'FAIL', code: 40301, message: 'Access forbidden'}),
    reply(429, {stat: 'FAIL', code: 42901, message: 'Too many'}),
  ],
  words: [
    '"result":"allow"',
    '"result":',
    '"allow"',
    '"stat":"OK"',
    'null',
    '{}',
    '[]',
    '"devices":',
    '"prompt":',
    '__proto__',
  ],
  async run(input) {
    const status = input.length < 2 ? 0 : input.readUInt16BE(0) % 1000
    const answer = readAnswer(status, input.subarray(2).toString('utf8'), 1)
    const transport: DuoTransport = {
      call: async () => answer,
      ping: async () => answer,
      offsetMs: () => 0,
      warmUp: async () => {},
      close: async () => {},
    }
    const user = {userName: 'jdoe', clientAddress: undefined, groups: []}
    const factor = {...user, choice: 'push1', carry: undefined}
    const outcomes = [
      await preauthV2(transport, settings, user, never),
      await preauthV1(transport, settings, user, never),
      await beginV2(transport, settings, factor, never),
      await beginV1(transport, settings, factor, never),
      await pollV2(transport, 'tx', 1000, never),
      await pollV1(transport, 'tx', 1000, never),
    ]
    if (outcomes.some(({kind}) => kind === 'allow')) assertSaysAllow(answer)
    return outcomes.map(({kind}) => kind).join(' ')
  },
}

/** Nothing but Duo's own word lets in. */
function assertSaysAllow(answer: ReturnType<typeof readAnswer>): void {
  assert.equal(answer.kind, 'ok')
  const response: unknown = answer.kind === 'ok' ? answer.response : undefined
  assert.ok(typeof response === 'object' && response !== null && 'result' in response && response.result === 'allow')
}

const binding = {section: 's', ikey: 'DITESTTESTTESTTEST01', clientEntry: 'c', source: '192.0.2.7', userName: 'jdoe'}
const stateWorld = new ManualWorld({seed: 'fuzz'})
const states = new SealedState([Buffer.alloc(32, 7)], new MemoryStore(stateWorld), stateWorld)
const challenge = {kind: 'wait', loginId: '000000000001', transactionId: 'tx', factor: 'push1', attributes: []} as const
const genuine = await states.seal(challenge, binding)

const state: Target = {
  name: 'state',
  seeds: [genuine, Buffer.from(genuine.toString('latin1'), 'base64url')],
  async run(input) {
    const opened = await states.open(input, binding)
    assert.ok(!opened.ok || input.equals(genuine), 'only what was sealed opens')
    return opened.ok ? 'ok' : opened.reason
  },
}

const challengeCodec: Target = {
  name: 'challenge',
  seeds: [
    encodeChallenge(challenge),
    encodeChallenge({kind: 'enroll', loginId: '0102030405ff'}),
    encodeChallenge({
      kind: 'factor',
      loginId: '0102030405ff',
      factors: new Map([
        ['1', 'push1'],
        ['default', 'push1'],
      ]),
      carry: 'carry',
      attributes: [{type: 25, value: Buffer.from('OU=vpn')}],
    }),
  ],
  run(input) {
    const decoded = decodeChallenge(input)
    if (decoded === undefined) return 'none'
    assert.deepEqual(decodeChallenge(encodeChallenge(decoded)), decoded)
    return decoded.kind
  },
}

const control: Target = {
  name: 'control',
  seeds: [
    json({command: 'status'}),
    json({command: 'explain', userName: 'jdoe', last: 3}),
    json({ok: true, result: {kind: 'reloaded', changes: []}}),
    json({
      version: '1',
      ready: true,
      reasons: [],
      sections: ['s'],
      pid: 1,
      uptimeS: 1,
      pendingPushes: 0,
      logins: {accept: 0, reject: 0, challenge: 0},
    }),
  ],
  words: ['"command":', '"reload"', '"ok":false', '"reason":', '"last":1e9', '__proto__', 'null'],
  run(input) {
    const line = input.toString('utf8')
    const answer = readControlAnswer(line)
    const result = answer?.ok === true ? answer.result : undefined
    const parts = [readRequest(line), answer, readStatus(result), readReloadResult(result)]
    return parts.map((part) => (part === undefined ? '-' : '+')).join('')
  },
}

const journalFolder = mkdtempSync(join(tmpdir(), 'authproxy-fuzz-'))
process.once('exit', () => rmSync(journalFolder, {recursive: true, force: true}))

const journal: Target = {
  name: 'journal',
  seeds: [
    Buffer.from(
      `c AAAAAAAAAAAAAAAA 1767604000000 ${'B'.repeat(43)}\nt AAAAAAAAAAAAAAAA dHgtMQ\nr CCCCCCCCCCCCCCCC 1767604000000 AAAA\nd AAAAAAAAAAAAAAAA\n`,
    ),
    Buffer.from(
      `c AAAAAAAAAAAAAAAA 1767604000000 ${'B'.repeat(43)} PPPPPPPPPPPPPPPP 0123456789ab\nd AAAAAAAAAAAAAAAA held\nr CCCCCCCCCCCCCCCC 1767604000000 AAAA PPPPPPPPPPPPPPPP 0123456789ac\n`,
    ),
  ],
  words: [
    'c ',
    't ',
    'd ',
    'r ',
    '\n',
    ' ',
    ' held',
    ' PPPPPPPPPPPPPPPP 0123456789ab',
    'AAAAAAAAAAAAAAAA',
    '1e999',
    '-1',
    'NaN',
    '9007199254740993',
  ],
  run(input) {
    const path = join(journalFolder, 'journal')
    writeFileSync(path, input)
    const {journal: opened, past} = openJournal(path, stateWorld, assert.fail)
    opened.close()
    const rewritten = readFileSync(path)
    const store = new MemoryStore(stateWorld, undefined, past)
    const {claims, records, pushes} = store.sizes
    // What was read is written again, and reads as the same.
    const again = openJournal(path, stateWorld, assert.fail)
    again.journal.close()
    assert.deepEqual(again.past, past)
    assert.ok(readFileSync(path).equals(rewritten))
    return `${Math.min(claims, 2)} claims, ${Math.min(records, 2)} records, ${Math.min(pushes, 2)} pushes`
  },
}

export const targets: readonly Target[] = [
  radiusCodec,
  receiverTarget,
  config,
  ldap,
  ntlm,
  duo,
  state,
  challengeCodec,
  control,
  journal,
]
