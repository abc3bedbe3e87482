import assert from 'node:assert/strict'
import {test} from 'node:test'
import {Chalk} from 'chalk'
import {sarifLog} from '../../src/core/config/derive/sarif.ts'
import {formatDiagnostic} from '../../src/core/config/diagnostic.ts'
import {loadConfigText} from '../../src/core/config/load.ts'
import {redactFile} from '../../src/core/config/redact-file.ts'
import {isSecret} from '../../src/core/config/schema/option.ts'
import {kinds, optionsOf} from '../../src/core/config/schema.ts'
import {redactedSection} from '../../src/core/log/redact.ts'
import {renderDiagnostics} from '../../src/render-diagnostics.ts'
import {markedConfig, markOfOption, secretsOf} from '../support/marked-config.ts'
import {traceOf} from '../support/marks.ts'
import {testContext} from './support/context.ts'

const marks = secretsOf(kinds).map(({kind, option, number}) => markOfOption(kind, option, number))
const isMarked = (line: string) => traceOf(marks, line) !== undefined

const right = markedConfig(kinds, 'clear', {
  values: {client: 'ad_client'},
  places: {env: new Map(), file: () => '', protect: () => ''},
})

/** What people do to a line that holds a secret; each is done to all of them. */
const mistakes: {readonly [name: string]: (key: string, value: string) => readonly string[]} = {
  none: (key, value) => [`${key} = ${value}`],
  'a letter too many': (key, value) => [`${key.replace(/([a-z])(_\d+)?$/, '$1$1$2')} = ${value}`],
  'a letter too few': (key, value) => [`${key.replace(/[a-z](_\d+)?$/, '$1')} = ${value}`],
  'a number where none belongs': (key, value) => [`${key}_77 = ${value}`],
  'a name of their own': (key, value) => [`my_${key}_of_old = ${value}`],
  'no equals sign': (key, value) => [`${key} ${value}`],
  'a stray bracket': (key, value) => [`[${key}`, `${key} = ${value}`],
  'a space in front': (key, value) => [` ${key} = ${value}`],
  'the value on the next line': (key, value) => [`${key} =`, `   ${value}`],
  twice: (key, value) => [`${key} = ${value}`, `${key} = ${value}`],
  'commented out': (key, value) => [`; ${key} = ${value}`, `# ${key}: ${value}`],
  'in another section': (key, value) => ['[duo_only_client]', `${key} = ${value}`],
  'in a section that is misspelled': (key, value) => ['[radius_sever_auto]', `${key} = ${value}`],
  quoted: (key, value) => [`${key} = "${value}"`],
  'a comment behind it': (key, value) => [`${key} = ${value} ; new one`],
  'protected by its name only': (key, value) => [`${key.replace(/(_\d+)?$/, '_protected$1')} = ${value}`],
  'protected elsewhere': (key, value) => [`${key.replace(/(_\d+)?$/, '_protected$1')} = ap1.AAAAAAAA.${value}`],
  'nearly a reference': (key, value) => [`${key} = env:${value}`],
  'nearly a file': (key, value) => [`${key} = file:${value}`],
  'in the place of its neighbour': (key, value) => [`${neighbours.get(key.replace(/_\d+$/, '')) ?? key} = ${value}`],
}

/** The options beside a secret which hold something like it. */
const neighbours = new Map([
  ['skey', 'ikey'],
  ['radius_secret', 'radius_ip_1'],
])

for (const [name, mistake] of Object.entries(mistakes)) {
  test(`findings show no secret: ${name}`, () => {
    const lines = right.split('\n').flatMap((line) => {
      const [, key, value] = /^(\w+) = (.*)$/.exec(line) ?? []
      return key !== undefined && value !== undefined && isMarked(value) ? mistake(key, value) : [line]
    })
    const text = lines.join('\n')
    assert.ok(isMarked(text))
    const {diagnostics} = loadConfigText(Buffer.from(text), '/opt/authproxy/conf/authproxy.cfg', testContext(), 0o644)
    assert.ok(diagnostics.length > 0)
    const shown = [
      ...diagnostics.map(formatDiagnostic),
      JSON.stringify(diagnostics),
      JSON.stringify(sarifLog('authproxy.cfg', diagnostics, '0.0.0')),
      renderDiagnostics(diagnostics, {source: text, paint: new Chalk({level: 1})}),
      redactFile(text).text,
    ]
    for (const each of shown) {
      const trace = traceOf(marks, each)
      assert.equal(
        trace,
        undefined,
        `${trace}: ${each
          .split('\n')
          .find((line) => traceOf(marks, line))
          ?.slice(0, 300)}`,
      )
    }
  })
}

test('an option that is named like a secret has a type that is one, and is masked by its name alone', () => {
  const named = /secret|skey|passw|passphrase|_key\b|_key_|token|credential/
  for (const kind of kinds) {
    for (const [option, spec] of optionsOf(kind)) {
      if (spec.type === 'path') continue
      assert.equal(named.test(option) && !isSecret(spec) && spec.type !== 'integer', false, `[${kind}] ${option}`)
      const mark = markOfOption(kind, option)
      if (isSecret(spec) && spec.type !== 'store-url') {
        assert.equal(traceOf([mark], redactedSection(kind, [[option, mark.text]])), undefined, option)
      }
    }
  }
})

test('a mark is found in every spelling, and in the middle of others', () => {
  const mark = markOfOption('main', 'state_key')
  const octets = Buffer.from(mark.text)
  const spellings = [
    `x${mark.text}x`,
    octets.toString('hex').toUpperCase(),
    (octets.toString('hex').match(/../g) ?? []).join(':'),
    ...['', 'u:', 'us:', 'user:'].map((before) => Buffer.from(`${before}${mark.text}!`).toString('base64')),
    Buffer.from(`user:${mark.text}`).toString('base64url'),
    Buffer.from(mark.text, 'utf16le').toString('hex'),
    octets.toString('hex').replaceAll(/../g, '%$&'),
  ]
  for (const spelling of spellings) assert.ok(traceOf([mark], `before ${spelling} after`), spelling)
  assert.equal(traceOf([mark], markOfOption('main', 'state_key_previous').text), undefined)
})
