import {execFileSync} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {getHeapStatistics} from 'node:v8'
import {authenticate} from '../support/pap.ts'
import type {Row, Scale} from '../support/row.ts'

const PACKETS = 100_000

/** The codec alone, in a process of its own, and what it allocates. */
export async function codec({rounds}: Scale): Promise<Row[]> {
  const script = fileURLToPath(new URL('../codec.ts', import.meta.url))
  const said = execFileSync(process.execPath, [script, `${rounds}`], {encoding: 'utf8'})
  const line = (name: string) => new RegExp(`^${name}: (.*) a second$`, 'm').exec(said)?.[1] ?? 'not measured'
  for (let n = 0; n < PACKETS; n++) authenticate()
  const before = getHeapStatistics().total_allocated_bytes
  for (let n = 0; n < PACKETS; n++) authenticate()
  const octets = (getHeapStatistics().total_allocated_bytes - before) / PACKETS
  return [
    {
      what: 'codec alone: PAP request decoded and verified, reply signed',
      target: '150,000 a second',
      measured: `${line('PAP authentications')} for a second of CPU`,
      note: `its digests alone ${line('their digests, ours')}, with node:crypto ${line('their digests, node:crypto')}; ${octets.toFixed(0)} octets of heap a packet`,
    },
  ]
}
