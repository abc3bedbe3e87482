import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {test} from 'node:test'
import {root, textOf} from './repository.ts'

test('the README shows what demo prints', () => {
  const [, shown = ''] = /npm run demo\n[\s\S]*?```text\n([\s\S]*?)\n```/.exec(textOf('README.md')) ?? []
  const {stdout, stderr, status} = spawnSync(process.execPath, [join(root, 'bin/run.js'), 'demo', '--no-color'], {
    cwd: root,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  assert.equal(lasting(shown), lasting(stdout))
})

/** Without what differs from login to login: the State and the time. */
function lasting(text: string): string {
  return text
    .trim()
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/State = 0x[0-9a-f]+\.\.\. \(\d+ octets\)/g, 'State')
    .replaceAll(/after [\d.]+ m?s/g, 'after a while')
}
