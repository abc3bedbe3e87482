import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {fitMessage, promptMessages, shortPrompt, splitMessage} from '../../src/core/login/prompt.ts'

const prompt = [
  'Duo two-factor login for jdoe',
  '',
  'Enter a passcode or select one of the following options:',
  '',
  ' 1. Duo Push to XXX-XXX-1234',
  " 2. Phone call to Jo & Al's <phone>",
  ' 3. SMS passcodes to XXX-XXX-1234',
  '',
  'Passcode or option (1-3): ',
].join('\n')
const factors = new Map([
  ['default', 'push1'],
  ['1', 'push1'],
  ['2', 'phone1'],
  ['3', 'sms1'],
])
const short = "Choose a secondary factor from ('push1', 'phone1', 'sms1') or enter passcode:"

/** Factors 1 to `count`, all of them pushes. */
function pushes(count: number): Map<string, string> {
  return new Map(Array.from({length: count}, (_, i) => [`${i + 1}`, `push${i + 1}`]))
}

const octets = (text: string) => Buffer.byteLength(text, 'utf8')

test('console: the prompt as the cloud wrote it', () => {
  assert.deepEqual(promptMessages(prompt, factors, 'console', 'short'), [prompt])
})

test('html: lines stripped, escaped and joined', () => {
  assert.deepEqual(promptMessages(prompt, factors, 'html', 'short'), [
    'Duo two-factor login for jdoe<br><br>Enter a passcode or select one of the following options:<br><br>' +
      "1. Duo Push to XXX-XXX-1234<br>2. Phone call to Jo &amp; Al's &lt;phone&gt;<br>3. SMS passcodes to XXX-XXX-1234" +
      '<br><br>Passcode or option (1-3):',
  ])
})

test('short: the names of the factors, without the default', () => {
  assert.deepEqual(promptMessages(prompt, factors, 'short', 'short'), [short])
})

test('short: ordered by key as text', () => {
  assert.equal(
    shortPrompt(pushes(10)),
    "Choose a secondary factor from ('push1', 'push10', 'push2', 'push3', 'push4', 'push5', 'push6', 'push7', " +
      "'push8', 'push9') or enter passcode:",
  )
})

test('short: a user who has no factors but tokens', () => {
  assert.equal(shortPrompt(new Map()), 'Enter passcode:')
  assert.equal(shortPrompt(new Map([['default', 'push1']])), 'Enter passcode:')
})

test('short: names that do not fit are left out, for split as well', () => {
  assert.ok(octets(shortPrompt(pushes(30))) > 253)
  for (const overflow of ['short', 'split'] as const) {
    assert.deepEqual(promptMessages(prompt, pushes(30), 'short', overflow), [
      'Choose a secondary factor or enter passcode:',
    ])
  }
})

test('253 octets fit, 254 do not, and it is octets that count', () => {
  const ascii = 'x'.repeat(253)
  assert.deepEqual(promptMessages(ascii, factors, 'console', 'short'), [ascii])
  assert.deepEqual(promptMessages(`${ascii}x`, factors, 'console', 'short'), [short])
  const umlauts = `${'ü'.repeat(126)}x`
  assert.deepEqual(promptMessages(umlauts, factors, 'console', 'short'), [umlauts])
  assert.deepEqual(promptMessages(`${umlauts}x`, factors, 'console', 'short'), [short])
  assert.deepEqual(promptMessages('&'.repeat(51), factors, 'html', 'short'), [short])
})

test('split: pieces that end after a line', () => {
  const line = (letter: string) => `${letter.repeat(99)}\n`
  const text = `${line('a')}${line('b')}${line('c')}d`
  assert.deepEqual(promptMessages(text, factors, 'console', 'split'), [`${line('a')}${line('b')}`, `${line('c')}d`])
})

test('split: a prompt of more pieces than a packet holds is shortened', () => {
  assert.equal(promptMessages('x'.repeat(12 * 253), factors, 'console', 'split').length, 12)
  assert.deepEqual(promptMessages('x'.repeat(12 * 253 + 1), factors, 'console', 'split'), [short])
})

test('a prompt without text is made from the factors', () => {
  for (const text of ['', ' \n ']) assert.deepEqual(promptMessages(text, factors, 'console', 'split'), [short])
})

test('whatever the prompt, every message fits and none is empty', () => {
  fc.assert(
    fc.property(
      fc.string({unit: 'grapheme', maxLength: 3000}),
      fc.integer({min: 0, max: 100}),
      fc.constantFrom('console', 'html', 'short'),
      fc.constantFrom('short', 'split'),
      (text, count, format, overflow) => {
        const messages = promptMessages(text, pushes(count), format, overflow)
        assert.ok(messages.length > 0 && messages.every((message) => message !== '' && octets(message) <= 253))
      },
    ),
  )
})

test('split pieces join to the whole, and no character is cut', () => {
  fc.assert(
    fc.property(fc.string({unit: 'grapheme', maxLength: 2000}), (text) => {
      const pieces = splitMessage(text)
      assert.equal(pieces.join(''), text)
      assert.ok(pieces.every((piece) => octets(piece) <= 253 && Buffer.from(piece).toString() === piece))
    }),
  )
})

test('a long message keeps its link, which is what the user needs', () => {
  const link = `https://api.example/enroll?code=${'a'.repeat(150)}`
  const text = `${'Please enroll your device. '.repeat(5)}Go to ${link}.`
  assert.equal(fitMessage(text), `Please continue at ${link}`)
  assert.equal(fitMessage(`Go to ${link}.`), `Go to ${link}.`)
  const long = `https://api.example/${'a'.repeat(225)}`
  assert.equal(fitMessage(`Please enroll: ${long} now`), long)
})

test('a long message without a link that fits is cut between characters', () => {
  assert.equal(fitMessage('ü'.repeat(200)), 'ü'.repeat(126))
  const cut = fitMessage(`see https://api.example/${'a'.repeat(300)}`)
  assert.equal(octets(cut), 253)
  fc.assert(
    fc.property(fc.string({unit: 'grapheme', maxLength: 1000}), (text) => {
      const fitted = fitMessage(text)
      assert.ok(octets(fitted) <= 253 && Buffer.from(fitted).toString() === fitted)
    }),
  )
})
