import {type ChildProcess, spawn} from 'node:child_process'
import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import type {Readable} from 'node:stream'
import {fileURLToPath} from 'node:url'

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

export type LabDocument = {
  readonly configFile: string
  readonly phoneUrl: string
  readonly ports: {readonly directory: number; readonly radius: number}
}

/** `authproxy lab` and `authproxy serve --lab` as built, in a folder of their own. */
export class RunningLab {
  readonly folder = mkdtempSync(join(tmpdir(), 'authproxy-test-'))
  readonly #children: ChildProcess[] = []

  async stand(): Promise<LabDocument> {
    const args = ['lab', '--json', '--dir', join(this.folder, 'lab'), '--port', `${await freeUdpPort()}`]
    const child = this.#spawn(args)
    return JSON.parse(await lineOf(child.stdout, child, /^\{/))
  }

  /** What it prints for a person. */
  async guide(): Promise<string> {
    const child = this.#spawn(['lab', '--port', `${await freeUdpPort()}`])
    const said: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
    await lineOf(child.stdout, child, /Ctrl-C/)
    return Buffer.concat(said).toString()
  }

  async serve(configFile: string): Promise<void> {
    const child = this.#spawn(['serve', '--lab', '--config', configFile])
    await lineOf(child.stderr, child, /proxy\.ready/)
  }

  async end(): Promise<readonly (number | null)[]> {
    const codes: (number | null)[] = []
    for (const child of this.#children.splice(0).reverse()) {
      if (child.exitCode === null) {
        const exit = once(child, 'exit')
        child.kill('SIGTERM')
        await exit
      }
      codes.push(child.exitCode)
    }
    rmSync(this.folder, {recursive: true, force: true})
    return codes
  }

  #spawn(args: readonly string[]) {
    const child = spawn(process.execPath, [program, ...args], {stdio: ['ignore', 'pipe', 'pipe']})
    this.#children.push(child)
    return child
  }
}

/** The first line that fits; an early end of the process rejects with what it said. */
function lineOf(stream: Readable, child: ChildProcess, wanted: RegExp): Promise<string> {
  const said: string[] = []
  return new Promise((resolve, reject) => {
    createInterface({input: stream}).on('line', (line) => {
      said.push(line)
      if (wanted.test(line)) resolve(line)
    })
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${said.join('\n')}`)))
  })
}

/** The lab needs this one and the next. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const {port} = socket.address()
  socket.close()
  return Math.min(port, 65_534)
}
