import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import type {Config, Section} from '../config/schema.ts'
import {isServedServer} from '../engine/served-sections.ts'
import {formatEndpoint} from '../network.ts'
import {probePemFile} from './certificates.ts'
import {mode, probeFolder} from './folders.ts'
import {probeMetricsPort} from './metrics-port.ts'
import {judgeNode} from './node-releases.ts'
import {ok, type ProbeResult, skipped, warning} from './probe.ts'
import type {ProbeContext} from './probe-context.ts'
import type {ProbeCollector} from './probe-list.ts'
import {addStoreProbes} from './store.ts'

const SECTION = 'main'
/** Pushes of one section that wait for a person at once; each holds a connection (engine/generation.ts). */
const PENDING_PUSHES = 2000
/** Connections for brief calls to Duo, and those kept to each directory server. */
const BRIEF_CONNECTIONS = 64
const DIRECTORY_CONNECTIONS = 128
/** Sockets, log files and libraries. */
const OTHER_FILES = 100
const MIB = 1024 * 1024
/** authproxy.log, authevents.log and connectivity_tool.log. */
const LOG_FILES = 3

/** What the process needs of this machine. */
export function addMainProbes(config: Config, collector: ProbeCollector, context: ProbeContext): void {
  const {machine, world, logDirectory, stateDirectory} = context
  const {main} = config
  const {userText} = machine
  const add = (target: string, check: string, run: () => Promise<ProbeResult>) =>
    collector.add({section: SECTION, target, check, run})
  add('node', 'version', async () => judgeNode(machine.nodeVersion, world.wallMs()))
  add(config.path, 'permissions', () => probePrivateFile(config.path, machine.platform))
  add(stateDirectory, 'folder', () =>
    probeFolder({
      path: stateDirectory,
      option: 'state_dir',
      wantsOctets: 64 * MIB,
      private: machine.platform !== 'win32',
      files: ['state.key', 'journal', 'latches'],
      userText,
    }),
  )
  add(join(stateDirectory, 'state.key'), 'permissions', () =>
    probePrivateFile(join(stateDirectory, 'state.key'), machine.platform),
  )
  if (main.log_file || main.log_auth_events) {
    const wantsOctets = main.log_max_size * (main.log_max_files + 1) * LOG_FILES
    add(logDirectory, 'folder', () =>
      probeFolder({path: logDirectory, option: 'log_dir', wantsOctets, private: false, userText}),
    )
  }
  add('open files', 'limit', () => probeFileLimit(config, context))
  const {metrics_listen: metrics} = main
  if (metrics !== undefined) {
    add(`tcp ${formatEndpoint({address: metrics.host, port: metrics.port})}`, 'listen', () =>
      probeMetricsPort(metrics, context),
    )
  }
  addStoreProbes(main, collector, context)
}

/** Files with secrets are for the service alone. */
async function probePrivateFile(path: string, platform: NodeJS.Platform): Promise<ProbeResult> {
  if (platform === 'win32') return skipped('Windows keeps its permissions in lists, which are not read here')
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return skipped('there is no such file')
  const seen = `mode ${mode(found.mode)}, owner ${found.uid}`
  if ((found.mode & 0o007) === 0) return ok(seen)
  return warning(`everybody on this machine can read it (${seen})`, `chmod o-rwx ${path}`)
}

async function probeFileLimit(config: Config, {machine, ownService}: ProbeContext): Promise<ProbeResult> {
  const answer = await ownService()
  const own = answer === 'not-allowed' ? undefined : answer
  const limit = await machine.openFileLimit(own?.pid)
  if (limit === undefined) return skipped('this system does not tell')
  const servers = config.sections.filter(isServedServer).length
  const directories = config.sections.reduce(
    (sum, each) => sum + (each.kind === 'ad_client' ? each.options.host.length : 0),
    0,
  )
  const needed = servers * (PENDING_PUSHES + BRIEF_CONNECTIONS) + directories * DIRECTORY_CONNECTIONS + OTHER_FILES
  const whose = own === undefined ? 'here' : `for the running proxy (pid ${own.pid})`
  const seen = `${limit === Number.POSITIVE_INFINITY ? 'no limit' : limit} ${whose}; ${needed} with every push slot taken`
  if (limit >= needed) return ok(seen)
  const pushes = Math.max(0, limit - (needed - servers * PENDING_PUSHES))
  return warning(
    `${seen}: about ${pushes} pushes can be pending at once`,
    'set LimitNOFILE= in the unit, or ulimit -Hn, to that number',
  )
}

/** The certificate that a section shows to others. */
export function addCertificateProbe(
  {name, kind, options}: Section,
  collector: ProbeCollector,
  {world}: ProbeContext,
): void {
  const path =
    kind === 'radius_server_eap' ? options.certs : kind === 'ldap_server_auto' ? options.ssl_cert_path : undefined
  if (path === undefined) return
  const run = async () => probePemFile(path, world.wallMs())
  collector.add({section: name, target: path, check: 'certificate', run})
}
