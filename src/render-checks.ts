import {checkLines, summaryLines} from './core/probes/check-text.ts'
import type {Check, Probe} from './core/probes/probe.ts'
import {type RunningProbes, type RunOptions, startProbes} from './core/probes/run-probes.ts'

export type ChecksOutput = {
  readonly title: string
  /** Moving tasks for a terminal, lines as the checks end for anything else, nothing for JSON. */
  readonly output: 'tasks' | 'lines' | 'none'
  readonly print: (line: string) => void
}

/** Runs the probes and shows them while they run. */
export async function showChecks(
  probes: readonly Probe[],
  {title, output, print}: ChecksOutput,
  options: RunOptions,
): Promise<readonly Check[]> {
  if (output === 'none') return startProbes(probes, options).all
  print(title)
  if (output === 'lines') {
    const onEnd = (check: Check) => {
      for (const line of checkLines(check)) print(line)
    }
    const checks = await startProbes(probes, {...options, onEnd}).all
    for (const line of summaryLines(checks)) print(line)
    return checks
  }
  const running = startProbes(probes, options)
  await showTasks(probes, running)
  const checks = await running.all
  for (const line of summaryLines(checks)) print(line)
  return checks
}

/** A list of sections, each with its checks. */
async function showTasks(probes: readonly Probe[], {checks}: RunningProbes): Promise<void> {
  const {Listr} = await import('listr2')
  const sections = [...new Set(probes.map(({section}) => section))]
  const list = new Listr(
    sections.map((section) => ({
      title: `[${section}]`,
      task: (_context, task) =>
        task.newListr(
          probes
            .filter((probe) => probe.section === section)
            .map((probe) => ({
              title: `${probe.target} ${probe.check}`,
              task: async (_inner, one) => {
                const check = await checks.get(probe.id)
                if (check === undefined) return
                one.title = taskTitle(check)
                if (check.status === 'failed') throw new Error(one.title)
                if (check.status === 'skipped') one.skip()
              },
            })),
          {concurrent: true, exitOnError: false},
        ),
    })),
    {
      concurrent: true,
      exitOnError: false,
      collectErrors: false,
      rendererOptions: {collapseSubtasks: false, collapseSkips: false, showSkipMessage: false, showErrorMessage: false},
    },
  )
  await list.run()
}

function taskTitle({target, check, status, detail, hint}: Check): string {
  const mark = status === 'warning' ? 'warning: ' : ''
  return `${target} ${check}: ${mark}${detail}${hint === '' ? '' : `\n  next: ${hint}`}`
}
