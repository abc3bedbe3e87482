import {type Diagnostic, formatDiagnostic} from '../config/diagnostic.ts'
import {redactFile} from '../config/redact-file.ts'
import type {Config} from '../config/schema.ts'
import {settingsOf} from '../engine/settings.ts'
import {checkLines, summaryLines} from '../probes/check-text.ts'
import type {Check} from '../probes/probe.ts'
import {Secret} from '../secret.ts'
import type {LogFile} from './log-files.ts'
import {createScrubber} from './scrub.ts'

export type BundleFile = {readonly name: string; readonly text: string}

/** What goes into a bug report, as it was found; nothing of it is masked yet. */
export type Findings = {
  readonly configText: string
  /** Undefined when the file has errors. */
  readonly config: Config | undefined
  readonly diagnostics: readonly Diagnostic[]
  /** Undefined when the checks were not run. */
  readonly checks: readonly Check[] | undefined
  /** What the running proxy says of itself. */
  readonly status: unknown
  readonly versions: unknown
  readonly limits: string
  readonly logs: readonly LogFile[]
}

/** The files of the bundle, without any secret of the configuration. */
export function bundleFiles(findings: Findings): readonly BundleFile[] {
  const {configText, config, diagnostics, checks, status, versions, limits, logs} = findings
  const redacted = redactFile(configText)
  const scrub = createScrubber([...redacted.secrets, ...secretsOf(config)])
  const files: BundleFile[] = [
    {name: 'README.txt', text: readme},
    {name: 'conf/authproxy.cfg', text: redacted.text},
    {name: 'validate.txt', text: lines(diagnostics.map(formatDiagnostic), 'nothing to say about the file')},
    {name: 'status.json', text: json(status)},
    {name: 'versions.json', text: json(versions)},
    {name: 'limits.txt', text: limits},
    ...logs.map(({name, text}) => ({name: `log/${name}`, text})),
  ]
  if (checks !== undefined) {
    files.push({name: 'connectivity.json', text: json({checks})})
    files.push({name: 'connectivity.txt', text: lines([...checks.flatMap(checkLines), ...summaryLines(checks)], '')})
  }
  return files.map(({name, text}) => ({name, text: scrub(text)}))
}

const readme = `What is in here was collected by "authproxy support" for whoever helps you.

conf/authproxy.cfg   the configuration with every secret, unknown option and comment value masked
validate.txt         what validate says about it
connectivity.*       the live checks, when they could be run
status.json          what the running proxy says of itself
versions.json        program, runtime, operating system
limits.txt           limits of the process and of the network buffers
log/                 log files of the last days; they hold user names and addresses, and no passwords

Look through it before you send it.
`

/** Every secret that the configuration came to, references followed. */
function secretsOf(config: Config | undefined): string[] {
  if (config === undefined) return []
  const secrets: string[] = []
  for (const options of [config.main, ...config.sections.map((section) => section.options)]) {
    for (const [, value] of settingsOf(options)) if (value instanceof Secret) secrets.push(value.reveal())
  }
  return secrets
}

function lines(texts: readonly string[], none: string): string {
  return `${texts.length === 0 ? none : texts.join('\n')}\n`
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}
