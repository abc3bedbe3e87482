import {type ChildProcess, spawn} from 'node:child_process'
import type {LinesWritten, LineTarget} from './line-queue.ts'
import {SYSLOG_IDENT, type SyslogFacility} from './syslog.ts'

/** logger's own limit of 1 KiB would split a JSON event in two. */
const MAX_MESSAGE_OCTETS = '16384'

/**
 * The machine's own syslog, through logger(1): Node has no datagram sockets of the local kind. Lines begin with their
 * `<priority>`, which util-linux's logger takes from there.
 */
export function loggerTarget(options: {
  readonly facility: SyslogFacility
  readonly processId: number
  /** The program, for tests. */
  readonly command?: readonly [string, ...string[]]
}): LineTarget {
  const facility = options.facility.replace(/^LOG_/, '').toLowerCase()
  const [program, ...first] = options.command ?? ['logger']
  const argv = [...first, '--tag', SYSLOG_IDENT, `--id=${options.processId}`]
  argv.push('--size', MAX_MESSAGE_OCTETS, '--prio-prefix', '--priority', `${facility}.info`)
  let child: ChildProcess | undefined
  let ended: Promise<string> | undefined

  function start(): ChildProcess {
    const started = spawn(program, argv, {stdio: ['pipe', 'ignore', 'pipe']})
    started.unref()
    let complaint = ''
    started.stderr?.on('data', (octets: Buffer) => {
      if (complaint.length < 300) complaint += octets.toString('utf8')
    })
    ended = new Promise((resolve) => {
      started.once('error', (error) => resolve(error.message))
      started.once('close', (code, signal) => resolve(complaint.trim() || `it ended with ${signal ?? `code ${code}`}`))
    })
    void ended.then(() => {
      if (child === started) child = undefined
    })
    started.stdin?.on('error', () => {})
    return started
  }

  return {
    name: 'syslog (logger)',
    write: async (lines): Promise<LinesWritten> => {
      child ??= start()
      const {stdin} = child
      const text = `${lines.join('\n')}\n`
      const sent = new Promise<string | undefined>((resolve) => {
        if (stdin === null) resolve('no standard input')
        else stdin.write(text, (error) => resolve(error?.message))
      })
      const problem = await Promise.race([sent, ended])
      return problem === undefined ? {ok: true} : {ok: false, written: 0, problem}
    },
    close: async () => {
      child?.stdin?.end()
      await ended
    },
  }
}
