import {readFile, writeFile} from 'node:fs/promises'
import {resolve} from 'node:path'
import * as Flags from '@oclif/core/flags'
import {BaseCommand} from '../base-command.ts'
import {configContext} from '../config-context.ts'
import {locateConfigFile} from '../config-file.ts'
import {configFlag} from '../config-flag.ts'
import type {Config} from '../core/config/schema.ts'
import {Fault} from '../core/fault.ts'
import type {Check} from '../core/probes/probe.ts'
import {layoutOf} from '../core/service/layout.ts'
import {realWorld} from '../core/world.ts'

const DAY_MS = 86_400_000
const CHECK_MS = 10_000

export default class Support extends BaseCommand {
  static override description = `Pack what a helper needs into one zip file

The configuration without its secrets, what validate and connectivity say, versions, limits, and the logs of the last days.
Look through it before you send it: logs hold user names and addresses.`

  static override flags = {
    config: configFlag,
    output: Flags.string({
      char: 'o',
      helpValue: 'FILE',
      description: 'The zip file; else authproxy-support-DATE-TIME.zip in this folder',
    }),
    days: Flags.integer({default: 7, min: 0, max: 3650, description: 'How many days of logs'}),
    connectivity: Flags.boolean({default: true, allowNo: true, description: 'Run the live checks as well'}),
  }

  static override examples = ['<%= config.bin %> support', '<%= config.bin %> support --days 2 -o /tmp/report.zip']

  async run(): Promise<{file: string; octets: number; contents: readonly string[]}> {
    const {flags} = await this.parse(Support)
    const configFile = locateConfigFile(flags.config)
    const [{loadConfig}, {bundleFiles}, {readLogFiles}, machine, {zipSync}] = await Promise.all([
      import('../core/config/load.ts'),
      import('../core/support/bundle.ts'),
      import('../core/support/log-files.ts'),
      import('../support-edge.ts'),
      import('fflate'),
    ])
    const layout = layoutOf(configFile, process.platform)
    const {config, diagnostics} = loadConfig(configFile, await configContext(configFile))
    if (config === undefined) this.logToStderr('The configuration has errors: the live checks are left out')
    const checks = config === undefined || !flags.connectivity ? undefined : await this.#check(config)
    const status = await machine.runningStatus(layout)
    const logDirectory = config?.main.log_dir ?? layout.logDirectory
    const nowMs = realWorld.wallMs()
    const files = bundleFiles({
      configText: await readFile(configFile, 'utf8'),
      config,
      diagnostics,
      checks,
      status: status ?? {running: false},
      versions: machine.versions(this.config.version),
      limits: await machine.limits(status?.pid),
      logs: await readLogFiles(logDirectory, nowMs - flags.days * DAY_MS),
    })
    const zip = zipSync(Object.fromEntries(files.map(({name, text}) => [name, Buffer.from(text, 'utf8')])))
    const file = resolve(flags.output ?? `authproxy-support-${stamp(nowMs)}.zip`)
    await write(file, zip)
    this.log(`Wrote ${file} (${Math.ceil(zip.length / 1024)} KiB). It holds:`)
    for (const {name} of files) this.log(`  ${name}`)
    this.log('Secrets are masked; user names and addresses are not. Look through it before you send it.')
    return {file, octets: zip.length, contents: files.map(({name}) => name)}
  }

  async #check(config: Config): Promise<readonly Check[]> {
    const [{probesFor}, {probeContext}, {showChecks}] = await Promise.all([
      import('../core/probes/probes-for.ts'),
      import('../probe-edge.ts'),
      import('../render-checks.ts'),
    ])
    const wishes = {version: this.config.version, timeoutMs: CHECK_MS, user: undefined, radiusUser: undefined}
    const list = probesFor(config, probeContext(config, wishes))
    const output = this.jsonEnabled() || !process.stdout.isTTY ? 'none' : 'tasks'
    const checks = await showChecks(
      list.probes,
      {title: `Checking ${config.path}`, output, print: (line) => this.log(line)},
      {world: realWorld, timeoutMs: CHECK_MS, signal: new AbortController().signal},
    )
    await list.close()
    return checks
  }
}

/** Never over another file, and readable by nobody else. */
async function write(file: string, zip: Uint8Array): Promise<void> {
  try {
    await writeFile(file, zip, {flag: 'wx', mode: 0o600})
  } catch (cause) {
    throw new Fault('file-unwritable', `cannot write ${file}`, {
      hint: 'name a file that is not there yet with --output, in a folder that can be written',
      cause,
    })
  }
}

/** 20261124-051742, local time. */
function stamp(nowMs: number): string {
  const local = new Date(nowMs - new Date(nowMs).getTimezoneOffset() * 60_000).toISOString()
  return `${local.slice(0, 10).replaceAll('-', '')}-${local.slice(11, 19).replaceAll(':', '')}`
}
