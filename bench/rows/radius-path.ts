import {type ChildProcess, spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import type {Blast} from '../support/blast.ts'
import {freeRadiusVersion, hasFreeRadius, startSingleThreaded} from '../support/free-radius.ts'
import {medianOf, receiveBufferLimit, spread} from '../support/machine.ts'
import {NAS_SECRET, PASSWORD} from '../support/names.ts'
import {startStack, untilLine, usageOf} from '../support/proxy.ts'
import type {Row, Scale} from '../support/row.ts'

const EXEMPT = 'exempt'
const OUTSTANDING = 64
const BURST = 5000
const PORTS = {freeRadius: 28_201, ours: 28_202}

type Side = {readonly name: string; readonly port: number; readonly pid: number; perSecond: number[]; cpuUs: number[]}

/** The same generator against FreeRADIUS, an echo and us, A B C A B C; then a burst. */
export async function radiusPath({rounds, seconds}: Scale): Promise<Row[]> {
  const echo = spawn(process.execPath, [file('echo.ts')], {stdio: ['pipe', 'pipe', 'inherit']})
  const {port: echoPort} = JSON.parse(await untilLine(echo, echo.stdout, '}'))
  const stack = await startStack({
    port: PORTS.ours,
    users: 1,
    duoOnly: true,
    server: [`exempt_username_1=${EXEMPT}`],
  })
  const freeRadius = hasFreeRadius ? await startSingleThreaded(PORTS.freeRadius) : undefined
  const side = (name: string, port: number, pid = 0): Side => ({name, port, pid, perSecond: [], cpuUs: []})
  const ours = side('ours', PORTS.ours, stack.proxyPid)
  const bare = side('echo', echoPort, echo.pid)
  const theirs = freeRadius && side('FreeRADIUS', PORTS.freeRadius, freeRadius.pid)
  try {
    await blast(PORTS.ours, seconds, OUTSTANDING)
    for (let round = 0; round < rounds; round++) {
      for (const each of [ours, bare, ...(theirs === undefined ? [] : [theirs])]) {
        const before = usageOf(each.pid).cpuMs
        const {replies, perSecond} = await blast(each.port, seconds, OUTSTANDING)
        each.perSecond.push(perSecond)
        each.cpuUs.push(((usageOf(each.pid).cpuMs - before) * 1000) / replies)
      }
    }
    const bursts: Blast[] = []
    for (let round = 0; round < rounds; round++) bursts.push(await blast(PORTS.ours, 0, BURST))
    return rowsOf(ours, bare, theirs, bursts)
  } finally {
    await stack.close()
    await freeRadius?.close()
    echo.stdin.end()
  }
}

function rowsOf(ours: Side, bare: Side, theirs: Side | undefined, bursts: Blast[]): Row[] {
  const shown = ({perSecond, cpuUs}: Side) => `${spread(perSecond, 0)} replies/s, ${spread(cpuUs, 1)} us CPU each`
  const percent = (of: Side) => Math.round((100 * medianOf(of.cpuUs)) / medianOf(ours.cpuUs))
  const lost = bursts.map(({sent, replies}) => sent - replies)
  return [
    {
      what: 'RADIUS path only: exempt user, duo_only_client',
      target: '130 % of FreeRADIUS in one thread, 60 % of a bare Node echo',
      measured: shown(ours),
      note: `by CPU a reply ${percent(bare)} % of the echo${theirs === undefined ? '' : `, ${percent(theirs)} % of FreeRADIUS`}; six log lines are written for each`,
    },
    theirs === undefined
      ? {what: 'FreeRADIUS -s', target: '', measured: 'not installed (apt-get install freeradius)'}
      : {what: `FreeRADIUS ${freeRadiusVersion()} -s, PAP from memory, no log`, target: '', measured: shown(theirs)},
    {
      what: 'bare Node UDP echo: the ceiling of one process',
      target: '',
      measured: shown(bare),
      note: 'the generator can make at least as many requests; it never sleeps, so that nobody has to wake it',
    },
    {
      what: `burst of ${BURST} requests at once`,
      target: 'none lost with an 8 MiB receive buffer',
      measured: `lost ${spread(lost, 0)}`,
      note: receiveBufferLimit(),
    },
  ]
}

async function blast(port: number, seconds: number, outstanding: number): Promise<Blast> {
  const args = [port, NAS_SECRET, EXEMPT, PASSWORD, seconds, outstanding].map(String)
  const child: ChildProcess = spawn(process.execPath, [file('blast.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (child.stdout === null) throw new Error('no output')
  return JSON.parse(await untilLine(child, child.stdout, '}'))
}

function file(name: string): string {
  return fileURLToPath(new URL(`../support/${name}`, import.meta.url))
}
