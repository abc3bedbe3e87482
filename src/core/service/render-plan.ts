import type {Command, InstallPlan, InstallStep} from './plan.ts'

/** The whole plan for a person: every file with its text, every command, in order. */
export function renderPlan(plan: InstallPlan): string {
  const parts = [`# ${plan.summary}`, ...plan.steps.map(renderStep)]
  if (plan.obstacles.length > 0) parts.push(['# Not carried out, because:', ...plan.obstacles.map(bullet)].join('\n'))
  if (plan.afterwards.length > 0) parts.push(['# Afterwards:', ...plan.afterwards.map(bullet)].join('\n'))
  return `${parts.join('\n\n')}\n`
}

/** A command as a person would type it; only for reading, no shell ever gets it. */
export function commandText(command: Command): string {
  return command
    .map((word) => (/^[\w@%+=:,./\\*()-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ')
}

/** A step in one line. */
export function stepText(step: InstallStep): string {
  return step.kind === 'run' ? `run ${commandText(step.command)}` : `${step.kind} ${step.path}`
}

function renderStep(step: InstallStep): string {
  switch (step.kind) {
    case 'directory':
      return `folder ${step.path} ${rights(step)}`
    case 'permissions':
      return `rights of ${step.path} ${rights(step)}`
    case 'file': {
      const lines = step.text.replace(/\n$/, '').split('\n')
      return [
        `file ${step.path} ${rights(step)}${step.keep ? ', unless it is there' : ''}`,
        ...lines.map((line) => `  | ${line}`.trimEnd()),
      ].join('\n')
    }
    case 'remove':
      return `remove ${step.path}`
    case 'run': {
      const unless = step.unless === undefined ? '' : `\n  unless this succeeds: ${commandText(step.unless)}`
      const mayFail = step.mayFail ? '\n  (may fail)' : ''
      return `run ${commandText(step.command)}\n  ${step.purpose}${unless}${mayFail}`
    }
  }
}

function rights({mode, owner, group}: {mode: number; owner?: string; group?: string}): string {
  return `(${mode.toString(8).padStart(4, '0')}${owner === undefined ? '' : ` ${owner}:${group ?? ''}`})`
}

function bullet(text: string): string {
  return `  ${text}`
}
