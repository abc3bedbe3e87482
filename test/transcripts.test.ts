import assert from 'node:assert/strict'
import {readdirSync, readFileSync} from 'node:fs'
import {test} from 'node:test'
import {openEmbeddedStage} from '../src/core/simulate/embedded-stage.ts'
import {ManualWorld} from '../src/core/simulate/manual-world.ts'
import {parseScenario} from '../src/core/simulate/parse-scenario.ts'
import {runScenario} from '../src/core/simulate/run-scenario.ts'
import {realWorld} from '../src/core/world.ts'
import {startProxy} from '../src/embedded-proxy.ts'

const folder = new URL('../fixtures/transcripts/', import.meta.url)

for (const file of readdirSync(folder).sort()) {
  const parsed = parseScenario(readFileSync(new URL(file, folder), 'utf8'))
  assert.ok(parsed.ok, file)
  const {scenario} = parsed
  test(`${file}: ${scenario.title}`, async () => {
    const worlds = {world: new ManualWorld({seed: file}), guard: realWorld}
    const stage = await openEmbeddedStage(scenario, startProxy, worlds)
    try {
      for (const {step, result} of await runScenario(scenario, stage, worlds)) {
        assert.equal(
          result,
          'ok',
          `${file}:${step.line}: ${step.text}\n${typeof result === 'string' ? result : result.problem}`,
        )
      }
    } finally {
      await stage.close()
    }
  })
}
