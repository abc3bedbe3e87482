import {execFile, spawn} from 'node:child_process'
import {closeSync, mkdirSync, openSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {locateConfigFile} from './config-file.ts'
import type {CommandResult} from './core/service/apply-plan.ts'
import type {ControlEdge} from './core/service/controls.ts'
import {nodeOptions} from './core/service/install-options.ts'
import {type Layout, layoutOf} from './core/service/layout.ts'
import type {Command} from './core/service/plan.ts'
import {findSupervisor} from './core/service/supervisor.ts'
import {realWorld, type World} from './core/world.ts'

/** A command that waits for somebody else must not end before, although nothing but its timer is left to do. */
const waitingWorld: World = {
  ...realWorld,
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}

const MAX_SAID = 10_000

/** bin/run.js of the program that runs. */
export const programPath = fileURLToPath(new URL('../bin/run.js', import.meta.url))

/** This machine and its processes, as the service controls need them. */
export async function machineEdge(configFile: string | undefined): Promise<ControlEdge> {
  const layout = layoutOf(locateConfigFile(configFile), process.platform)
  const search = {platform: process.platform, isRoot: process.getuid?.() === 0, run: runCommand}
  return {
    world: waitingWorld,
    layout,
    supervisor: await findSupervisor(layout, search),
    run: runCommand,
    isAlive,
    terminate: (pid) => process.kill(pid, 'SIGTERM'),
    startServe: () => startServe(layout),
  }
}

/** Runs a program to its end, with its output as text; 127 when there is none of this name. */
export function runCommand([program, ...args]: Command): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(program, args, {maxBuffer: 1024 * 1024}, (error, stdout, stderr) => {
      const output = stderr === '' ? stdout : stderr
      if (error === null) return resolve({code: 0, output})
      resolve({code: typeof error.code === 'number' ? error.code : 127, output: output === '' ? error.message : output})
    })
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * In a session of its own, so that it outlives the terminal. Standard error goes to a file, since a pipe would break
 * under the process when this one ends; what is in it is told when the start fails.
 */
function startServe(layout: Layout): {ended: Promise<string>} {
  mkdirSync(layout.runDirectory, {recursive: true, mode: 0o700})
  const saidFile = join(layout.runDirectory, 'start.log')
  const said = openSync(saidFile, 'w', 0o600)
  const child = spawn(process.execPath, [...nodeOptions, programPath, 'serve', '--config', layout.configFile], {
    cwd: layout.root,
    detached: true,
    stdio: ['ignore', 'ignore', said],
  })
  closeSync(said)
  child.unref()
  return {
    ended: new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', () => resolve(readFileSync(saidFile, 'utf8').slice(0, MAX_SAID)))
    }),
  }
}
