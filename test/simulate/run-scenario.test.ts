import assert from 'node:assert/strict'
import {test} from 'node:test'
import {openEmbeddedStage} from '../../src/core/simulate/embedded-stage.ts'
import {ManualWorld} from '../../src/core/simulate/manual-world.ts'
import {parseScenario} from '../../src/core/simulate/parse-scenario.ts'
import {runScenario} from '../../src/core/simulate/run-scenario.ts'
import {realWorld} from '../../src/core/world.ts'
import {startProxy} from '../../src/embedded-proxy.ts'

const world =
  '\n== primary\njdoe "test-password"\n\n== duo\njdoe\n  phone "XXX-XXX-1234" push\n  passcode 123456\n\n== login\n'
const begin = 'nas > jdoe "test-password"\nprimary < User-Name=jdoe\nduo < preauth\nnas < Access-Challenge\n  | ...\n'

/** A transcript that is not what happens, and what must be said of it. */
const lies: readonly (readonly [name: string, steps: string, says: RegExp])[] = [
  [
    'another code',
    'nas > jdoe "wrong"\nprimary < \nnas < Access-Accept\n',
    /expected Access-Accept, got Access-Reject \["No reply message/,
  ],
  [
    'another text',
    'nas > jdoe "wrong"\nprimary < \nnas < Access-Reject\n  | Sorry\n',
    /expected Reply-Message \["Sorry"\], got/,
  ],
  [
    'a text where there is none',
    'nas > status\nnas < Access-Accept\n  | ...\n',
    /expected Reply-Message \["\.\.\."\], got \[\]/,
  ],
  [
    'an attribute that does not come',
    'nas > status\nnas < Access-Accept\n  Class = "x"\n',
    /expected the attributes \["Class = /,
  ],
  [
    'an attribute nobody knows',
    'nas > status\nnas < Access-Accept\n  Clas = "x"\n',
    /line \d+: there is no attribute named "Clas"/,
  ],
  ['an answer that is not silence', 'nas > status\nnas < silence\n', /has answered: Access-Accept/],
  ['an answer that verifies', 'nas > status\nnas < unverified\n', /the reply verifies: Access-Accept/],
  [
    'a reply that is not mentioned',
    'nas > status\nnas > other: status\nnas < other: Access-Accept\n',
    /a reply to "request" is not in the transcript/,
  ],
  [
    'a question to the primary server',
    `nas > jdoe "test-password"\nduo < preauth\nnas < Access-Challenge\n  | ...\n`,
    /the primary server was also asked/,
  ],
  [
    'a question to Duo',
    'nas > jdoe "test-password"\nprimary < \nnas < Access-Challenge\n  | ...\n',
    /Duo was also asked \/auth\/v2\/preauth/,
  ],
  [
    'another user at Duo',
    'nas > jdoe "test-password"\nprimary < \nduo < preauth username=bob\n',
    /Duo was asked .*username="jdoe"/,
  ],
  [
    'a parameter that must not be there',
    'nas > jdoe "test-password"\nprimary < \nduo < preauth -ipaddr\n',
    /Duo was asked .*ipaddr=/,
  ],
  ['another call of Duo', 'nas > jdoe "test-password"\nprimary < \nduo < auth\n', /Duo was asked \/auth\/v2\/preauth/],
  ['an event with other fields', `${begin}log < login.decided reason=approved\n`, /only .*reason="prompt"/],
  ['a word that is in the log', `${begin}log < no jdoe\n`, /the log has: /],
  [
    'other octets than before',
    'nas > first: status\nnas < first: Access-Accept\nnas > second: status\nnas < second: same as first\n',
    /not the same octets/,
  ],
  ['an answer to nothing', 'nas > answer "1"\n', /there is no challenge to answer/],
  ['the octets of nothing', 'nas > again other\n', /no request has the label "other"/],
]

async function play(steps: string) {
  const parsed = parseScenario(`# A lie.\n${world}${steps}`)
  assert.ok(parsed.ok, JSON.stringify(parsed))
  const worlds = {world: new ManualWorld(), guard: realWorld}
  const stage = await openEmbeddedStage(parsed.scenario, startProxy, worlds)
  try {
    return await runScenario(parsed.scenario, stage, worlds)
  } finally {
    await stage.close()
  }
}

for (const [name, steps, says] of lies) {
  test(`a transcript that lies is found out: ${name}`, async () => {
    const last = (await play(steps)).at(-1)?.result
    assert.ok(typeof last === 'object', 'the transcript was believed')
    assert.match(last.problem, says)
  })
}

test('the same transcript without a lie is believed', async () => {
  const results = await play(`${begin}nas > answer "123456"\nduo < auth\nnas < Access-Accept\n  | ...\n`)
  assert.deepEqual(new Set(results.map(({result}) => result)), new Set(['ok']))
})
