import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import * as Flags from '@oclif/core/flags'
import {BaseCommand} from '../base-command.ts'
import type {Lab as RunningLab} from '../core/simulate/lab.ts'
import {realWorld} from '../core/world.ts'

export default class Lab extends BaseCommand {
  static override description =
    `Stand a Duo cloud, a directory and a RADIUS server around a proxy, with a phone to answer pushes

Writes an authproxy.cfg for them and prints what to type next. Everything is on the loopback address and ends with Ctrl-C.`

  static override examples = ['<%= config.bin %> lab', '<%= config.bin %> lab --dir ./lab --port 1812']

  // The document of --json is wanted at the start, not at the end.
  static override enableJsonFlag = false

  static override flags = {
    dir: Flags.string({
      helpValue: 'DIR',
      description: 'The folder for authproxy.cfg and the logs, which stay; else one that goes with the lab',
    }),
    port: Flags.integer({
      helpValue: 'PORT',
      description: 'UDP port of the proxy; the next one asks the RADIUS server in place of the directory',
      default: 18_120,
      min: 1,
      max: 65_534,
    }),
    'phone-port': Flags.integer({
      helpValue: 'PORT',
      description: 'TCP port of the phone page; a free one when left out',
      default: 0,
      min: 0,
      max: 65_535,
    }),
    json: Flags.boolean({description: 'Print one JSON document when the lab stands', helpGroup: 'GLOBAL'}),
  }

  async run(): Promise<void> {
    const {flags} = await this.parse(Lab)
    const {labPassword, labSecret, startLab} = await import('../core/simulate/lab.ts')
    const folder = flags.dir === undefined ? mkdtempSync(join(tmpdir(), 'authproxy-lab-')) : resolve(flags.dir)
    // Before anything is said: whoever reads it may end the lab at once.
    const ended = untilSignal()
    const lab = await startLab({world: realWorld, folder, port: flags.port, phonePort: flags['phone-port']})
    if (flags.json) {
      const {configFile, phoneUrl, ports, users} = lab
      this.log(JSON.stringify({configFile, phoneUrl, ports, users}))
    } else for (const line of guide(lab, labPassword.reveal(), labSecret.reveal())) this.log(line)
    await ended
    await lab.close()
    if (flags.dir === undefined) rmSync(folder, {recursive: true, force: true})
  }
}

/** What to type next. The password and secrets are the lab's own and in every copy of this program. */
function guide({configFile, phoneUrl, ports, users}: RunningLab, password: string, secret: string): string[] {
  const width = Math.max(...users.map(({name}) => name.length))
  return [
    'The lab stands. In other terminals:',
    '',
    `  authproxy serve --lab --config ${configFile}`,
    `  authproxy simulate --config ${configFile} \\`,
    '    --section radius_server_challenge --user jdoe --password -',
    '',
    `  phone     ${phoneUrl}`,
    `  password  ${password}`,
    `  gateways  any of 127.0.0.0/8, shared secret ${secret}`,
    `  ports     ${ports.directory} checks passwords in the directory, ${ports.radius} with the RADIUS server`,
    '',
    ...users.map(({name, about}) => `  ${name.padEnd(width)}  ${about}`),
    '',
    'Ctrl-C ends it.',
  ]
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      process.off('SIGINT', end)
      process.off('SIGTERM', end)
      resolve()
    }
    process.on('SIGINT', end)
    process.on('SIGTERM', end)
  })
}
