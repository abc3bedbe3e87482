import {join} from 'node:path'
import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {BaseCommand} from '../base-command.ts'
import {locateConfigFile} from '../config-file.ts'
import {configFlag} from '../config-flag.ts'
import {Fault} from '../core/fault.ts'
import type {LoginTrace} from '../core/log/trace-ring.ts'
import {askControl} from '../core/service/control-client.ts'
import {MAX_EXPLAINED} from '../core/service/control-protocol.ts'
import {layoutOf} from '../core/service/layout.ts'
import {realWorld} from '../core/world.ts'

const ANSWER_MS = 10_000

type Explained = {readonly source: 'proxy' | 'authevents.log'; readonly logins: readonly LoginTrace[]}

export default class Explain extends BaseCommand {
  static override description = `Show why a login ended as it did

Every step of the login with its time: client and section, password check, Duo, factor, reply. The id of a login stands in
each of its log lines. The running proxy remembers the last logins, some 2000 with a push; when it does not run, the results
in authevents.log are shown. Exit code 1 when there is no such login.`

  static override args = {
    'login-id': Args.string({description: 'The twelve digits in the log line, as in "[login 3f9a2c41d07b]"'}),
  }

  static override flags = {
    config: configFlag,
    user: Flags.string({helpValue: 'NAME', description: 'The logins of this user, newest first'}),
    last: Flags.integer({
      helpValue: 'N',
      min: 1,
      max: MAX_EXPLAINED,
      dependsOn: ['user'],
      description: 'How many of them; 1 when left out',
    }),
  }

  static override examples = [
    '<%= config.bin %> explain 3f9a2c41d07b',
    '<%= config.bin %> explain --user jdoe --last 3',
  ]

  async run(): Promise<Explained> {
    const {args, flags} = await this.parse(Explain)
    const loginId = args['login-id']
    if ((loginId === undefined) === (flags.user === undefined)) {
      throw new Fault('usage', 'name one login: its id, or --user NAME', {hint: 'authproxy explain --help'})
    }
    const query = loginId === undefined ? {userName: flags.user ?? '', last: flags.last ?? 1} : {loginId}
    const file = locateConfigFile(flags.config)
    const explained = (await fromProxy(file, query)) ?? (await fromFile(file, query))
    if (explained.logins.length === 0) {
      process.exitCode = 1
      if (!this.jsonEnabled()) this.logToStderr(nothingFound(query, explained.source))
    }
    const {traceLines} = await import('../core/log/trace-text.ts')
    for (const [index, trace] of explained.logins.entries()) {
      if (index > 0) this.log('')
      for (const line of traceLines(trace)) this.log(line)
    }
    return explained
  }
}

type Query = {readonly loginId: string} | {readonly userName: string; readonly last: number}

/** Undefined when no proxy runs with this configuration. */
async function fromProxy(file: string, query: Query): Promise<Explained | undefined> {
  const {controlPath} = layoutOf(file, process.platform)
  const reply = await askControl(realWorld, controlPath, {command: 'explain', ...query}, ANSWER_MS)
  switch (reply.kind) {
    case 'nobody':
      return undefined
    case 'not-allowed':
      throw new Fault('usage', "only root and the service's user may ask the running proxy", {hint: 'use sudo'})
    case 'refused':
    case 'no-answer':
      throw new Fault('no-answer', `the running proxy does not explain: ${reply.reason}`, {
        hint: 'see authproxy status',
      })
    case 'answer': {
      const {readTraces} = await import('../core/log/read-traces.ts')
      const logins = readTraces(reply.result)
      if (logins !== undefined) return {source: 'proxy', logins}
      throw new Fault('no-answer', 'another version of the program is running', {hint: 'restart the service'})
    }
  }
}

async function fromFile(file: string, query: Query): Promise<Explained> {
  const [{loadRunnable}, {readAuthEvents}, {traceOfAuthEvents}] = await Promise.all([
    import('../checked-config.ts'),
    import('../core/log/auth-events-file.ts'),
    import('../core/log/auth-events-text.ts'),
  ])
  const {main} = await loadRunnable(file, (line) => process.stderr.write(`${line}\n`))
  const directory = main.log_dir ?? layoutOf(file, process.platform).logDirectory
  const logins = await readAuthEvents(join(directory, 'authevents.log'), query)
  return {
    source: 'authevents.log',
    logins: logins.map(traceOfAuthEvents).filter((trace) => trace !== undefined),
  }
}

function nothingFound(query: Query, source: Explained['source']): string {
  const who = 'loginId' in query ? `login ${query.loginId}` : `login of ${query.userName}`
  const hint =
    source === 'proxy'
      ? 'it remembers the last logins since its start, some 2000 with a push, by the name as it was typed'
      : 'the proxy does not run, and authevents.log is written only with log_auth_events=true'
  return `there is no ${who}: ${hint}`
}
