// Everything that is promised about speed and size (`npm run build` first), against fakes in processes of their own; writes
// docs/benchmarks.md. Run: npm run bench [-- --quick] [--write] [ROW ...]; with --quick nothing is written, of some rows only those,
// and with --write alone.
import {readFileSync, writeFileSync} from 'node:fs'
import {codec} from './rows/codec.ts'
import {eventLoop} from './rows/event-loop.ts'
import {bareTimes, challengeLogins, costOfALogin, manyClients} from './rows/logins.ts'
import {pendingPushes} from './rows/pending.ts'
import {radiusPath} from './rows/radius-path.ts'
import {startAndIdle} from './rows/start.ts'
import {workers} from './rows/workers.ts'
import {load, machine} from './support/machine.ts'
import type {Row, Scale} from './support/row.ts'

const rows: {readonly [Name in string]: (scale: Scale) => Promise<Row[]>} = {
  codec,
  start: startAndIdle,
  cost: costOfALogin,
  logins: challengeLogins,
  floor: bareTimes,
  loop: eventLoop,
  clients: manyClients,
  workers,
  radius: radiusPath,
  pending: pendingPushes,
}

const BEGIN = '<!-- figures -->'
const END = '<!-- end of figures -->'

const quick = process.argv.includes('--quick')
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const unknown = named.filter((name) => !(name in rows))
if (unknown.length > 0) throw new Error(`no row ${unknown.join(', ')}; there are ${Object.keys(rows).join(', ')}`)
const scale: Scale = quick ? {rounds: 3, seconds: 1, logins: 500, quick} : {rounds: 5, seconds: 3, logins: 2000, quick}

const loadBefore = load()
console.log(`${machine()}; load ${loadBefore}`)
const results: Row[] = []
for (const [name, measure] of Object.entries(rows)) {
  if (named.length > 0 && !named.includes(name)) continue
  for (const row of await measure(scale)) {
    results.push(row)
    console.log(`\n${row.what}\n  ${row.measured}${line('target', row.target)}${line('note', row.note)}`)
  }
}
if (!quick && named.length === 0) writeReport()
else if (!quick && process.argv.includes('--write')) writeRows()

function line(name: string, text = ''): string {
  return text === '' ? '' : `\n  ${name}: ${text}`
}

/** Of the table that is there, the rows that were measured; a new one comes last. */
function writeRows(): void {
  const path = new URL('../docs/benchmarks.md', import.meta.url)
  const text = readFileSync(path, 'utf8')
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  const lines = text.slice(begin, end).trimEnd().split('\n')
  for (const row of results) {
    const place = lines.findIndex((each) => each.startsWith(`| ${row.what} |`))
    lines.splice(place === -1 ? lines.length : place, place === -1 ? 0 : 1, cellsOf(row))
  }
  writeFileSync(path, `${text.slice(0, begin)}${lines.join('\n')}\n\n${text.slice(end)}`)
  console.log('\nwritten to docs/benchmarks.md')
}

function cellsOf({what, target, measured, note = ''}: Row): string {
  return `| ${what} | ${target} | ${measured} | ${note} |`
}

/** The figures stand between two marks; what is said around them stays. */
function writeReport(): void {
  const path = new URL('../docs/benchmarks.md', import.meta.url)
  const cells = results.map(cellsOf)
  const figures = [
    `${machine()}. Load of the machine before ${loadBefore}, after ${load()} (1, 5, 15 minutes).`,
    `Figures are medians of ${scale.rounds} rounds [least, most].`,
    '',
    '| what | aim | measured | |',
    '|---|---|---|---|',
    ...cells,
  ].join('\n')
  const text = readFileSync(path, 'utf8')
  const [begin, end] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)]
  writeFileSync(path, `${text.slice(0, begin)}\n\n${figures}\n\n${text.slice(end)}`)
  console.log('\nwritten to docs/benchmarks.md')
}
