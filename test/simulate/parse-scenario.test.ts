import assert from 'node:assert/strict'
import {readdirSync, readFileSync} from 'node:fs'
import {test} from 'node:test'
import fc from 'fast-check'
import {parseScenario} from '../../src/core/simulate/parse-scenario.ts'
import {splitWords} from '../../src/core/simulate/scenario-words.ts'

const example = `# A push that is denied.

== config
[radius_server_challenge]
failmode = secure   ; not a comment: part of the value
- client

== nas
profile ivanti-old

== primary
jdoe "pass word"
  Class = "VPN"
  asks "Code:" expects "1"

== duo
api v1
jdoe
  phone "XXX-1234" push sms
  passcode 123456

== login
nas > first: jdoe "pass\\xff"
  from 192.0.2.9 port 1700
  without NAS-Port
nas < Access-Challenge
  | Line one
  |  1. Two |
  ---
  | Another message
  Class = "x"
duo < preauth username=jdoe -ipaddr
phone > jdoe reports fraud
wait 2 min
nas < first: silence
log < no 123456
`

test('a scenario is read part by part', () => {
  const parsed = parseScenario(example)
  assert.ok(parsed.ok)
  const {scenario} = parsed
  assert.equal(scenario.title, 'A push that is denied.')
  assert.deepEqual(scenario.config, [
    {
      name: 'radius_server_challenge',
      options: new Map([
        ['failmode', 'secure   ; not a comment: part of the value'],
        ['client', undefined],
      ]),
    },
  ])
  assert.equal(scenario.nas.profile, 'ivanti-old')
  assert.equal(scenario.primary.users[0]?.asks?.prompt, 'Code:')
  assert.equal(scenario.duo.api, 'v1')
  assert.deepEqual(scenario.duo.users[0]?.phones, [{mask: 'XXX-1234', capabilities: ['push', 'sms']}])
  const [send, reply, duo, phone, wait, silence, log] = scenario.steps
  assert.ok(send?.kind === 'send' && send.what.kind === 'login')
  assert.equal(send.label, 'first')
  assert.deepEqual(send.what.password, Buffer.from('pass\xff', 'latin1'))
  assert.deepEqual(send.changes.from, {address: '192.0.2.9', port: 1700})
  assert.deepEqual(send.changes.without, ['NAS-Port'])
  assert.ok(reply?.kind === 'reply' && reply.expected.kind === 'packet')
  assert.equal(reply.label, 'first')
  assert.deepEqual(reply.expected.messages, ['Line one\n 1. Two ', 'Another message'])
  assert.equal(reply.expected.attributes[0]?.name, 'Class')
  assert.ok(duo?.kind === 'duo-asked')
  assert.deepEqual(
    [...duo.parameters],
    [
      ['username', 'jdoe'],
      ['ipaddr', undefined],
    ],
  )
  assert.ok(phone?.kind === 'phone-acts' && phone.act === 'reports fraud')
  assert.ok(wait?.kind === 'wait' && wait.ms === 120_000)
  assert.ok(silence?.kind === 'reply' && silence.expected.kind === 'silence')
  assert.ok(log?.kind === 'not-logged' && log.event === '123456')
})

const mistakes: readonly (readonly [mistake: string, problem: string])[] = [
  ['nas > jdoe "x"', '1:1 the first line must be a comment that says what this shows'],
  ['# t\nnas > jdoe "x"', '2:1 this stands before the first "== part"'],
  ['# t\n== logins', '2:1 unknown part "logins" (known: config, nas, primary, duo, login)'],
  ['# t\n== login\n== login', '3:1 the part "login" stands twice'],
  ['# t\n== login\nnas > jdoe "x', '3:12 the quotation mark is not closed'],
  ['# t\n== login\nnas > jdoe "\\q"', '3:13 unknown escape "\\q" (known: \\n \\t \\r \\" \\\\ \\xHH)'],
  ['# t\n== login\nnas < other: silence', '3:1 no request has the label "other"'],
  ['# t\n== login\nphone > jdoe smiles', '3:1 expected "phone > USER approves|denies|reports fraud"'],
  ['# t\n== login\nwait 2 h', '3:1 expected "wait NUMBER ms|s|min"'],
  ['# t\n== login\nwait 2 s\n  more', '4:1 nothing may stand under this step'],
  ...[
    'leave and start',
    'stop',
    'stop and start primary-only',
    'stop and start primary-only 0 min',
    'kill and start later 1 s',
  ].map(
    (step) =>
      [
        `# t\n== login\nproxy > ${step}`,
        '3:1 expected "proxy > stop|kill and start [primary-only NUMBER ms|s|min]"',
      ] as const,
  ),
  ['# t\n== login\n  more', '3:1 an indented line needs one at the margin above it'],
  ['# t\n== nas\ncolour red\n== login', '3:1 unknown setting "colour" (known: address, profile, client)'],
  [
    '# t\n== nas\nprofile sonicwall\n== login',
    '3:9 unknown profile "sonicwall" (known: ivanti, ivanti-old, fortinet, cisco, pam)',
  ],
  ['# t\n== config\nx = y\n== login', '3:1 an option needs a [section] above it'],
  [
    '# t\n== duo\njdoe frozen\n== login',
    '3:1 expected "api v1|v2|v2-devices", or a user and one of ask, allow, bypass, deny, locked-out, enroll',
  ],
]

for (const [text, problem] of mistakes) {
  test(`a mistake is named with its place: ${problem}`, () => {
    const parsed = parseScenario(text)
    assert.ok(!parsed.ok)
    const told = parsed.problems.map(({line, column, message}) => `${line}:${column} ${message}`)
    assert.ok(told.includes(problem), told.join('\n'))
  })
}

test('any text is read without a throw', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(...example.split('\n')))), (lines) => {
      parseScenario(lines.join('\n'))
    }),
  )
})

test('any octets can be written as a quoted word', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (octets) => {
      const quoted = `"${[...octets].map((octet) => `\\x${octet.toString(16).padStart(2, '0')}`).join('')}"`
      const split = splitWords(`a=${quoted} # rest`)
      assert.ok(split.ok)
      assert.equal(split.words.length, 3)
      assert.deepEqual(split.words[2]?.octets, Buffer.from(octets))
    }),
  )
})

test('every transcript of the project can be read', () => {
  const folder = new URL('../../fixtures/transcripts/', import.meta.url)
  const files = readdirSync(folder)
  assert.ok(files.length > 100)
  for (const file of files) {
    const parsed = parseScenario(readFileSync(new URL(file, folder), 'utf8'))
    assert.deepEqual(parsed.ok ? [] : parsed.problems, [], file)
  }
})
