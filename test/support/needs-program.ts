import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import type {TestContext} from 'node:test'

/** Skips a test with the package to install, or fails it where all of them must be there. */
export function needsProgram(t: TestContext, program: string, debianPackage: string): boolean {
  if (spawnSync(program, ['-v']).error === undefined) return true
  const message = `${program} is missing: apt-get install -y ${debianPackage}`
  assert.notEqual(process.env.AUTHPROXY_REQUIRE_SERVERS, '1', message)
  t.skip(message)
  return false
}
