import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import type {Config} from '../config/schema.ts'
import {settingsOf} from '../engine/settings.ts'
import {textTimestamp} from '../log/format.ts'
import {redactedSection} from '../log/redact.ts'
import {RotatingFile} from '../log/rotating-file.ts'
import type {World} from '../world.ts'
import {checkLines, summaryLines} from './check-text.ts'
import type {Check} from './probe.ts'

/**
 * Adds a run to connectivity_tool.log in the log folder. Gives the reason when it cannot. The folder is not made here,
 * where it could come to belong to the wrong user.
 */
export async function writeToolLog(
  config: Config,
  checks: readonly Check[],
  directory: string,
  world: World,
): Promise<string | undefined> {
  const isThere = await stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isThere) return `there is no folder ${directory}`
  const {log_max_size: maxSize, log_max_files: maxFiles} = config.main
  const problems: string[] = []
  const file = new RotatingFile(world, {
    path: join(directory, 'connectivity_tool.log'),
    maxSize,
    maxFiles,
    report: (problem) => problems.push(problem),
  })
  const lines = [`Connectivity of ${config.path}`]
  for (const {name, options} of [{name: 'main', options: config.main}, ...config.sections]) {
    const own = checks.filter(({section}) => section === name)
    if (own.length === 0) continue
    lines.push(`Checking section '${name}' with configuration: ${redactedSection(name, settingsOf(options))}`)
    lines.push(...own.flatMap(checkLines), '-'.repeat(60))
  }
  lines.push('SUMMARY', ...summaryLines(checks))
  const time = textTimestamp(world.wallMs())
  const written = await file.write(lines.map((line) => `${time} ${line}`))
  await file.close()
  return written.ok ? problems[0] : written.problem
}
