import assert from 'node:assert/strict'
import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {test} from 'node:test'
import {codeList} from '../../src/core/config/codes.ts'
import type {ConfigContext} from '../../src/core/config/context.ts'
import {formatDiagnostic} from '../../src/core/config/diagnostic.ts'
import {loadConfigText} from '../../src/core/config/load.ts'
import {vocabulary} from '../../src/core/engine/vocabulary.ts'
import {testContext} from './support/context.ts'

const folder = new URL('../../fixtures/config/bad/', import.meta.url)

/** What is different around the file, for findings that are not in its text alone. */
const surroundings: Readonly<Record<string, {context?: Partial<ConfigContext>; mode?: number}>> = {
  'syslog-on-windows': {context: {platform: 'win32'}},
  'workers-need-linux': {context: {platform: 'darwin'}},
  'sspi-in-clear': {context: {hasKerberos: true}},
  'readable-by-others': {mode: 0o644},
}

const names = readdirSync(folder)
  .filter((file) => file.endsWith('.cfg'))
  .map((file) => file.replace(/\.cfg$/, ''))

for (const name of names) {
  test(`bad file ${name}: exactly the expected findings`, () => {
    const found = findingsOf(name)
    const expectedFile = new URL(`${name}.expected`, folder)
    // AUTHPROXY_WRITE_EXPECTED=1 writes what is found, to be read before it is committed.
    if (process.env.AUTHPROXY_WRITE_EXPECTED === '1') writeFileSync(expectedFile, found)
    assert.equal(found, readFileSync(expectedFile, 'utf8'))
  })
}

test('every code has a bad file', () => {
  const seen = new Set(names.flatMap((name) => findingsOf(name).match(/ C\d{3} /g) ?? []).map((code) => code.trim()))
  const missing = codeList.map(({code}) => code).filter((code) => !seen.has(code))
  // A file of more than 4 MB is not kept as a fixture: decode.test.ts makes one.
  assert.deepEqual(missing, ['C007'])
})

function findingsOf(name: string): string {
  const {context, mode} = surroundings[name] ?? {}
  const octets = readFileSync(new URL(`${name}.cfg`, folder))
  const path =
    context?.platform === 'win32' ? 'C:\\authproxy\\conf\\authproxy.cfg' : '/etc/authproxy/conf/authproxy.cfg'
  const {diagnostics} = loadConfigText(octets, path, testContext({vocabulary, ...context}), mode)
  return diagnostics.map((diagnostic) => `${formatDiagnostic({...diagnostic, file: `${name}.cfg`})}\n`).join('')
}
