import {execFileSync} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import type {Row, Scale} from '../support/row.ts'

/** The codec alone, in a process of its own, and what it allocates. */
export async function codec({rounds}: Scale): Promise<Row[]> {
  const said = execFileSync(process.execPath, [file('codec.ts'), `${rounds}`], {encoding: 'utf8'})
  const line = (name: string) => new RegExp(`^${name}: (.*) a second$`, 'm').exec(said)?.[1] ?? 'not measured'
  const octets = execFileSync(process.execPath, [file('support/count-allocations.ts')], {encoding: 'utf8'}).trim()
  return [
    {
      what: 'codec alone: PAP request decoded and verified, reply signed',
      target: '150,000 a second',
      measured: `${line('PAP authentications')} for a second of CPU`,
      note: `its digests alone ${line('their digests, ours')}, with node:crypto ${line('their digests, node:crypto')}; ${octets} octets of heap a packet`,
    },
  ]
}

function file(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url))
}
