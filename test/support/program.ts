import {spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

export type Ran = {readonly code: number | null; readonly stdout: string; readonly stderr: string}

/** Runs the built program to its end, in a folder of its choice and without a configuration of this machine's. */
export function runProgram(
  args: readonly string[],
  options: {input?: string; cwd?: string; env?: Readonly<Record<string, string>>} = {},
): Promise<Ran> {
  const {AUTHPROXY_CONFIG: _, FORCE_COLOR: __, ...inherited} = process.env
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    env: {...inherited, ...options.env},
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.end(options.input ?? '')
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve({code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString()})
    })
  })
}
