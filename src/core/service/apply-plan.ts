import {chmod, mkdir, readFile, rename, rm, stat, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {Fault} from '../fault.ts'
import type {Command, InstallPlan, InstallStep, Ownership} from './plan.ts'
import {commandText} from './render-plan.ts'

export type CommandResult = {readonly code: number; readonly output: string}

/** What the plan is carried out on. */
export type Machine = {
  /** Runs a program and waits for its end; code 127 when there is none of this name. Never throws. */
  readonly run: (command: Command) => Promise<CommandResult>
  /** A folder that stands for /; undefined for the machine itself. */
  readonly root: string | undefined
}

/** One step that was carried out, or was not needed since it was done before. */
export type AppliedStep = {readonly step: InstallStep; readonly outcome: 'done' | 'unchanged' | 'failed-harmlessly'}

/**
 * Carries out the steps in order. A second time changes nothing.
 * @throws Fault file-unwritable or usage at the first step that fails; what was done before it stays.
 */
export async function applyPlan(
  plan: InstallPlan,
  machine: Machine,
  onStep: (applied: AppliedStep) => void,
): Promise<readonly AppliedStep[]> {
  if (plan.obstacles.length > 0) throw new Fault('usage', plan.obstacles.join('; '))
  const applied: AppliedStep[] = []
  for (const step of plan.steps) {
    const outcome = await applyStep(step, machine)
    applied.push({step, outcome})
    onStep({step, outcome})
  }
  return applied
}

async function applyStep(step: InstallStep, machine: Machine): Promise<AppliedStep['outcome']> {
  if (step.kind === 'run') return runStep(step, machine)
  const path = machine.root === undefined ? step.path : join(machine.root, step.path)
  try {
    switch (step.kind) {
      case 'directory':
        return outcomeOf(await makeFolder(path), await setRights(path, step, machine))
      case 'file':
        return outcomeOf(await writeText(path, step), await setRights(path, step, machine))
      case 'permissions':
        if ((await stat(path).catch(() => undefined)) === undefined) return 'unchanged'
        return outcomeOf(false, await setRights(path, step, machine))
      case 'remove': {
        const isThere = (await stat(path).catch(() => undefined)) !== undefined
        await rm(path, {force: true})
        return outcomeOf(isThere)
      }
    }
  } catch (error) {
    if (error instanceof Fault) throw error
    const hint = 'install-service needs the rights of an administrator (sudo); --dry-run shows the plan without them'
    throw new Fault('file-unwritable', `${step.path}: ${error instanceof Error ? error.message : `${error}`}`, {
      hint,
      cause: error,
    })
  }
}

async function runStep(step: Extract<InstallStep, {kind: 'run'}>, {run}: Machine): Promise<AppliedStep['outcome']> {
  if (step.unless !== undefined && (await run(step.unless)).code === 0) return 'unchanged'
  const {code, output} = await run(step.command)
  if (code === 0) return 'done'
  if (step.mayFail) return 'failed-harmlessly'
  throw new Fault('usage', `"${commandText(step.command)}" failed with code ${code}: ${output.trim()}`)
}

async function makeFolder(path: string): Promise<boolean> {
  return (await mkdir(path, {recursive: true})) !== undefined
}

/** By a new file in its place, so that nobody ever reads half of it. */
async function writeText(path: string, step: Extract<InstallStep, {kind: 'file'}>): Promise<boolean> {
  const present = await readFile(path, 'utf8').catch(() => undefined)
  if (present === step.text || (step.keep && present !== undefined)) return false
  await mkdir(dirname(path), {recursive: true})
  const fresh = `${path}.authproxy-new`
  await writeFile(fresh, step.text, {mode: step.mode})
  await rename(fresh, path)
  return true
}

async function setRights(
  path: string,
  step: {readonly mode: number} & Partial<Ownership>,
  {run}: Machine,
): Promise<boolean> {
  const {mode, owner, group} = step
  if (owner !== undefined && group !== undefined) {
    const {code, output} = await run(['chown', `${owner}:${group}`, path])
    if (code !== 0) throw new Fault('file-unwritable', `cannot give ${path} to ${owner}:${group}: ${output.trim()}`)
  }
  const changed = ((await stat(path)).mode & 0o7777) !== mode
  if (changed) await chmod(path, mode)
  return changed
}

function outcomeOf(...changes: readonly boolean[]): AppliedStep['outcome'] {
  return changes.includes(true) ? 'done' : 'unchanged'
}
