import {readFileSync} from 'node:fs'
import {basename} from 'node:path'
import type {ChalkInstance} from 'chalk'
import {Fault} from './core/fault.ts'
import {ManualWorld} from './core/simulate/manual-world.ts'
import {parseScenario} from './core/simulate/parse-scenario.ts'
import {profileByName, profiles} from './core/simulate/profiles.ts'
import {runScenario, type StepResult} from './core/simulate/run-scenario.ts'
import type {Scenario} from './core/simulate/scenario.ts'
import type {Stage} from './core/simulate/scenario-stage.ts'
import {realWorld, type World} from './core/world.ts'
import {safeLines} from './render.ts'
import {findTarget, type TargetFlags} from './simulate-target.ts'

export type ScenarioJson = {
  readonly file: string
  readonly title: string
  readonly ok: boolean
  readonly steps: readonly {
    readonly line: number
    readonly text: string
    /** `left-out`: it is about what lies behind a real server. */
    readonly result: 'ok' | 'left-out' | 'failed'
    readonly problem?: string
  }[]
}

export type ScenarioFlags = TargetFlags & {readonly timeout: number | undefined}

/** Plays a scenario: against an embedded proxy whose clock stands still, or against a real server when one is named. */
export async function playScenarioFile(
  file: string,
  flags: ScenarioFlags,
  paint: ChalkInstance,
  print: (line: string) => void,
): Promise<ScenarioJson> {
  const scenario = readScenario(file)
  const {stage, world} = await openStage(scenario, basename(file), flags)
  try {
    const results = await runScenario(scenario, stage, {world, guard: realWorld})
    for (const line of scenarioLines(scenario, results, paint)) print(line)
    return scenarioJson(file, scenario, results)
  } finally {
    await stage.close()
  }
}

async function openStage(
  scenario: Scenario,
  seed: string,
  flags: ScenarioFlags,
): Promise<{stage: Stage; world: World}> {
  const target = flags.server === undefined ? undefined : await findTarget(flags)
  if (target !== undefined) {
    const {openLiveStage} = await import('./core/simulate/live-stage.ts')
    const profile = profileByName(scenario.nas.profile) ?? profiles.ivanti
    const patienceMs = flags.timeout === undefined ? profile.timeoutMs : flags.timeout * 1000
    return {stage: openLiveStage({...target, world: realWorld, patienceMs}), world: realWorld}
  }
  const {openEmbeddedStage} = await import('./core/simulate/embedded-stage.ts')
  const {startProxy} = await import('./embedded-proxy.ts')
  const world = new ManualWorld({seed})
  return {stage: await openEmbeddedStage(scenario, startProxy, {world, guard: realWorld}), world}
}

function readScenario(file: string): Scenario {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Fault('file-unreadable', `cannot read ${file}`, {cause})
  }
  const parsed = parseScenario(text)
  if (parsed.ok) return parsed.scenario
  const lines = parsed.problems.map(({line, column, message}) => `${file}:${line}:${column} ${message}`)
  throw new Fault('usage', `the scenario has mistakes:\n${lines.join('\n')}`)
}

function scenarioLines(scenario: Scenario, results: readonly StepResult[], paint: ChalkInstance): string[] {
  const lines = [paint.bold(scenario.title)]
  for (const {step, result} of results) {
    const mark = result === 'ok' ? paint.green('ok  ') : result === 'left-out' ? paint.dim('--  ') : paint.red('FAIL')
    lines.push(`${mark} ${String(step.line).padStart(3)}  ${step.text}`)
    if (typeof result !== 'string') lines.push(...safeLines(result.problem).map((line) => `          ${line}`))
  }
  return lines
}

function scenarioJson(file: string, {title}: Scenario, results: readonly StepResult[]): ScenarioJson {
  return {
    file,
    title,
    ok: results.every(({result}) => typeof result === 'string'),
    steps: results.map(({step: {line, text}, result}) =>
      typeof result === 'string'
        ? {line, text, result}
        : {line, text, result: 'failed' as const, problem: result.problem},
    ),
  }
}
