import {existsSync} from 'node:fs'
import {resolve} from 'node:path'
import * as Flags from '@oclif/core/flags'
import {BaseCommand} from '../base-command.ts'
import {defaultConfigFile, findConfigFile} from '../config-file.ts'
import {configFlag} from '../config-flag.ts'
import {applyPlan} from '../core/service/apply-plan.ts'
import {
  DEFAULT_LOG_GROUP,
  DEFAULT_SERVICE_USER,
  defaultNeeds,
  needsOf,
  type ServiceNeeds,
  type ServicePlatform,
  servicePlatforms,
} from '../core/service/install-options.ts'
import {installPlan, uninstallPlan} from '../core/service/install-plan.ts'
import {type Layout, layoutOf} from '../core/service/layout.ts'
import type {InstallPlan} from '../core/service/plan.ts'
import {renderPlan, stepText} from '../core/service/render-plan.ts'
import {programPath, runCommand} from '../service-edge.ts'

const yesOrNo = {options: ['yes', 'no'] as const}

export default class InstallService extends BaseCommand {
  static override description = `Make the machine run authproxy as a hardened service

Every file and command is shown first with --dry-run. A second run changes only what differs.`

  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    'sudo <%= config.bin %> <%= command.id %> --config /opt/duoauthproxy/conf/authproxy.cfg',
    'sudo <%= config.bin %> <%= command.id %> --uninstall',
  ]

  static override flags = {
    config: configFlag,
    'install-dir': Flags.string({
      description: 'The folder with conf, log and run, as the original has them; instead of --config',
      helpValue: 'DIR',
      exclusive: ['config'],
    }),
    'service-user': Flags.string({
      description: 'The user it runs as',
      default: DEFAULT_SERVICE_USER,
      helpValue: 'NAME',
    }),
    'log-group': Flags.string({
      description: 'The group that may read the logs',
      default: DEFAULT_LOG_GROUP,
      helpValue: 'NAME',
    }),
    'create-init-script': Flags.option({
      ...yesOrNo,
      description: 'Whether the machine starts it (a unit, or an init script where systemd is absent)',
    })({default: 'yes'}),
    'enable-selinux': Flags.option({...yesOrNo, description: 'Whether to compile and load an SELinux policy'})({
      default: 'no',
    }),
    platform: Flags.option({
      options: servicePlatforms,
      description: 'Another kind of machine than this one, to look at',
    })(),
    'dry-run': Flags.boolean({description: 'Show every file and command, and change nothing'}),
    uninstall: Flags.boolean({description: 'Take the service away again; configuration, logs and state stay'}),
  }

  async run(): Promise<InstallPlan> {
    const {flags} = await this.parse(InstallService)
    const here = platformHere()
    const platform = flags.platform ?? here
    const dryRun = flags['dry-run']
    if (platform !== here && !dryRun) this.error(`this machine is not one for ${platform}; see the plan with --dry-run`)
    const directory = flags['install-dir']
    const configFile =
      directory === undefined
        ? (findConfigFile(flags.config) ?? defaultConfigFile)
        : resolve(directory, 'conf/authproxy.cfg')
    const layout = layoutOf(configFile, platform === 'windows' ? 'win32' : 'linux')
    const plan = (flags.uninstall ? uninstallPlan : installPlan)({
      platform,
      layout,
      needs: await this.#needs(layout),
      nodePath: process.execPath,
      programPath,
      serviceUser: flags['service-user'],
      logGroup: flags['log-group'],
      createInitScript: flags['create-init-script'] === 'yes',
      enableSelinux: flags['enable-selinux'] === 'yes',
    })
    if (dryRun) this.log(renderPlan(plan).trimEnd())
    else await this.#apply(plan)
    return plan
  }

  /** What the configuration asks of the machine: its log folder, its facility, low ports. */
  async #needs(layout: Layout): Promise<ServiceNeeds> {
    if (!existsSync(layout.configFile)) return defaultNeeds(layout)
    const [{loadConfig}, {configContext}] = await Promise.all([
      import('../core/config/load.ts'),
      import('../config-context.ts'),
    ])
    const {config} = loadConfig(layout.configFile, await configContext(layout.configFile))
    if (config !== undefined) return needsOf(config, layout)
    this.logToStderr(
      `${layout.configFile} has errors (authproxy validate): the plan is for its defaults. Once it has none, run this again`,
    )
    return defaultNeeds(layout)
  }

  async #apply(plan: InstallPlan): Promise<void> {
    await applyPlan(plan, {run: runCommand, root: undefined}, ({step, outcome}) => {
      this.logToStderr(`${outcome.padEnd(9)} ${stepText(step)}`)
    })
    this.log([plan.summary, ...plan.afterwards.map((line) => `  ${line}`)].join('\n'))
  }
}

function platformHere(): ServicePlatform {
  if (process.platform === 'win32') return 'windows'
  if (process.platform === 'darwin') return 'launchd'
  return existsSync('/run/systemd/system') ? 'systemd' : 'sysv'
}
