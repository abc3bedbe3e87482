import assert from 'node:assert/strict'
import type {FileRead} from '../../src/core/config/context.ts'
import {loadConfigText} from '../../src/core/config/load.ts'
import type {Config} from '../../src/core/config/schema.ts'
import {vocabulary} from '../../src/core/engine/vocabulary.ts'

/** A server section that has all it must have. */
export function serverSection(name: string, ...more: readonly string[]): string {
  return [
    `[${name}]`,
    'ikey=DIXXXXXXXXXXXXXXXXXX',
    `skey=${'secretKeyOfATestNotReal'.padEnd(40, '0')}`,
    `api_host=api-${name.replaceAll('_', '-')}.example.com`,
    'radius_ip_1=127.0.0.1',
    'radius_secret_1=test-secret-not-real',
    ...more,
    '',
  ].join('\n')
}

export const noFile = (): FileRead => ({ok: false, reason: 'does not exist'})

/** The configuration that a text stands for; a mistake in it fails the test. */
export function checkedConfig(text: string, readFile: (path: string) => FileRead = noFile): Config {
  const {config, diagnostics} = loadConfigText(Buffer.from(text), '/etc/authproxy/authproxy.cfg', {
    vocabulary,
    readFile,
    env: {},
    platform: 'linux',
    unprotect: () => ({ok: false, reason: 'no'}),
    hasKerberos: false,
    resolve: true,
  })
  assert.ok(config !== undefined, JSON.stringify(diagnostics))
  return config
}
