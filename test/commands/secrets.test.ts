import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {get} from 'node:http'
import {join} from 'node:path'
import {describe, test} from 'node:test'
import {inspect} from 'node:util'
import {unzipSync} from 'fflate'
import {configContext} from '../../src/config-context.ts'
import {loadConfig} from '../../src/core/config/load.ts'
import {kinds} from '../../src/core/config/schema.ts'
import {type LogFormat, logFormats} from '../../src/core/log/format.ts'
import {Secret} from '../../src/core/secret.ts'
import {kindsTogether, markOfOption, secretsOf, type Way, ways} from '../support/marked-config.ts'
import {everyPacket, packetMarks, people, primaryReply} from '../support/marked-packets.ts'
import {asked, type MarkedStage, markedStage} from '../support/marked-stage.ts'
import {type Mark, traceOf} from '../support/marks.ts'
import type {Ran} from '../support/program.ts'

/** Marks of the first secrets and of those that a reload brings. */
const optionMarks = [1, 2].flatMap((generation) =>
  secretsOf(kinds).map(({kind, option, number}) => markOfOption(kind, option, number, generation)),
)
const marks: readonly Mark[] = [...optionMarks, ...packetMarks]

/** Each way to give a secret with a format of the log: neither has to do with the other. */
const runs = ways.map((way, index): [Way, LogFormat] => [way, logFormats[index % logFormats.length] ?? 'text'])

describe('no secret is written anywhere', {concurrency: 2}, () => {
  for (const [way, format] of runs) {
    test(`secrets given as ${way}, log_format=${format}`, async (t) => {
      const {stage, close} = await markedStage(people, primaryReply)
      t.after(close)
      const values = {log_format: format, 'ad_client.auth_type': way === 'clear' ? 'plain' : 'ntlm2'}
      stage.configure(kindsTogether, way, values)
      await assertAllRead(stage)
      await stage.serve()
      await everyPacket(stage)
      const said = new Map<string, string>()
      await runCommands(stage, said)

      // The environment of a process that runs cannot be changed.
      const nextWay = way === 'env' ? 'clear' : way
      stage.configure(kindsTogether, nextWay, values, 2)
      say(said, 'reload with other secrets', await stage.run('reload', '--json'), 0)
      stage.configure(kindsTogether, nextWay, {...values, failmode: 'sfae'}, 2)
      say(said, 'reload of a bad file', await stage.run('reload'), 1)
      say(said, 'a second serve', await stage.run('serve'), 2)
      await stage.stop()

      const written = stage.written()
      assertSaid(written, format)
      for (const [place, text] of [...said, ...written]) assert.equal(traceOf(marks, text), undefined, place)
    })
  }
})

/** What makes the rest of the test worth something: every secret of the schema is in the file, and is read as its mark. */
async function assertAllRead(stage: MarkedStage): Promise<void> {
  const context = {...(await configContext(stage.configFile)), env: stage.env}
  const {config, diagnostics} = loadConfig(stage.configFile, context)
  assert.deepEqual(
    diagnostics.filter(({severity}) => severity === 'error').map(({message}) => message),
    [],
  )
  assert.equal(
    traceOf(marks, inspect(config, {depth: 9, showHidden: true})),
    undefined,
    'a Config does not print secrets',
  )
  const revealed = revealedIn(config)
  for (const {kind, option, number} of secretsOf(kinds)) {
    const {text} = markOfOption(kind, option, number)
    assert.ok(
      revealed.some((secret) => secret.includes(text)),
      `[${kind}] ${option} ${number ?? ''} is not in the loaded configuration`,
    )
  }
}

function revealedIn(value: unknown): string[] {
  if (value instanceof Secret) return [value.reveal()]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(revealedIn) : []
}

/** Everything an administrator asks the program, with the service running. */
async function runCommands(stage: MarkedStage, said: Map<string, string>): Promise<void> {
  const commands: readonly [words: string, code: number | undefined][] = [
    ['status', 0],
    ['status --json', 0],
    ['explain --user jdoe --last 20', 0],
    ['explain --user jdoe --last 20 --json', 0],
    ['validate', 0],
    ['validate --json', 0],
    ['validate --sarif', 0],
    ['validate --strict', 1],
    // Some of the servers in the file are not there.
    ['connectivity', undefined],
    ['connectivity --json', undefined],
    ['protect --whole-config --dry-run', 0],
    ['support --output bundle.zip', 0],
    ['reload', 0],
  ]
  for (const [words, code] of commands) say(said, words, await stage.run(...words.split(' ')), code)
  const bundle = unzipSync(readFileSync(join(stage.folder, 'bundle.zip')))
  for (const [name, octets] of Object.entries(bundle))
    said.set(`bundle: ${name}`, Buffer.from(octets).toString('latin1'))
  assert.ok(said.get('bundle: log/authproxy.log')?.length)
  assert.ok(said.get('bundle: conf/authproxy.cfg')?.includes('[radius_server_duo_only]'))
  said.set('metrics', await metrics(stage.metricsAddress))
}

function say(
  said: Map<string, string>,
  words: string,
  {code, stdout, stderr}: Ran,
  expected: number | undefined,
): void {
  if (expected !== undefined) assert.equal(code, expected, `${words}: ${stdout}${stderr}`)
  assert.ok(stdout.length + stderr.length > 0, `${words} says something`)
  said.set(words, stdout + stderr)
}

function metrics(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(`http://${address}/metrics`, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(Buffer.concat(chunks).toString('latin1')))
    }).on('error', reject)
  })
}

/** Silence would pass as well: what is looked through does hold the events that could tell a secret. */
function assertSaid(written: ReadonlyMap<string, string>, format: LogFormat): void {
  // CEF writes a backslash before an equals sign.
  const log = (written.get('log/authproxy.log') ?? '').replaceAll('\\=', '=')
  for (const kind of asked) assert.ok(log.includes(`[${kind}] `), `the settings of ${kind} are in the log`)
  for (const words of ['User-Password = *****', 'CHAP-Password = *****', 'MS-CHAP2-Response', 'EAP-Message = *****']) {
    assert.ok(log.includes(words), `the log has a packet with ${words}`)
  }
  for (const words of ['/auth/v2/preauth', '/auth/v2/auth', 'dropping packet from', 'Reloaded', 'was refused']) {
    assert.ok(log.includes(words), `the log says ${words}`)
  }
  for (const place of ['standard output and error', 'syslog', 'log/authevents.log', 'log/connectivity_tool.log']) {
    assert.ok((written.get(place)?.length ?? 0) > 500, `${place} is not empty`)
  }
  const first = log.slice(0, log.indexOf('\n'))
  if (format === 'json' || format === 'ecs') assert.equal(typeof JSON.parse(first), 'object')
}
