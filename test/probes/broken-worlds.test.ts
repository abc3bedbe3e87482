import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {test} from 'node:test'
import {checkLines} from '../../src/core/probes/check-text.ts'
import {patternOf} from './worlds/broken-world.ts'
import {areas, troubleshootingPage} from './worlds/troubleshooting.ts'

for (const {title, worlds} of areas) {
  for (const {broken, check, status, says, next, checks: build} of worlds) {
    test(`${title}: ${broken}`, async (t) => {
      const checks = await build(t)
      if (checks === undefined) return
      const shown = `\n${checks.flatMap(checkLines).join('\n')}\n`
      const found = checks.find((each) => each.check === check && patternOf(says).test(each.detail))
      assert.ok(found !== undefined, `no check "${check}" says: ${says}${shown}`)
      assert.equal(found.status, status, shown)
      assert.match(found.hint, patternOf(next), shown)
      // Nothing else may fail: one cause, one failure.
      const others = checks.filter((each) => each.status === 'failed' && each !== found)
      assert.deepEqual(others, [], shown)
    })
  }
}

test('docs/troubleshooting.md is what the table gives (npm run docs writes it)', () => {
  assert.ok(areas.flatMap(({worlds}) => worlds).length > 30)
  const page = readFileSync(new URL('../../docs/troubleshooting.md', import.meta.url), 'utf8')
  assert.equal(page, troubleshootingPage())
})
