import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {TestContext} from 'node:test'
import {createCertificateAuthority} from '../../src/core/simulate/certificates.ts'
import {freePort, hasPackagesAndRoot, startServer} from './server-process.ts'

const client = '/usr/sbin/openconnect'
const server = '/usr/sbin/ocserv'
/** Of the library with which ocserv speaks RADIUS. */
const dictionary = '/etc/radcli/dictionary'

/** Whether the VPN server and its client are installed; see `hasPackages`. */
export function hasOcserv(t: TestContext): boolean {
  const files = {[server]: 'ocserv', [client]: 'openconnect', [dictionary]: 'ocserv'}
  return hasPackagesAndRoot(t, files, 'ocserv')
}

export type VpnLogin = {readonly isLetIn: boolean; readonly shown: string}

export type Ocserv = {
  /** A login of somebody who types these lines: the password first, then an answer to each question. No tunnel is made. */
  login(userName: string, ...typed: readonly string[]): Promise<VpnLogin>
  /** What the server has written so far. */
  output(): string
  stop(): Promise<void>
}

/** A VPN server on a free port of 127.0.0.1 that asks the RADIUS server on this one. */
export async function startOcserv(radius: {port: number; secret: string; timeoutS: number}): Promise<Ocserv> {
  const directory = mkdtempSync(join(tmpdir(), 'authproxy-ocserv-'))
  const port = await freePort('127.0.0.1')
  const authority = createCertificateAuthority()
  const identity = authority.issue(['127.0.0.1'])
  const files = {
    'ca.pem': authority.cert,
    'server.pem': identity.cert,
    'server.key': identity.key,
    'radcli.conf': radcliConfiguration(directory, radius),
    servers: `127.0.0.1 ${radius.secret}\n`,
    'ocserv.conf': ocservConfiguration(directory, port),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, {mode: 0o600})
  // The workers run as nobody and reach their parent through a socket in here.
  chmodSync(directory, 0o711)
  mkdirSync(join(directory, 'run'), {mode: 0o711})
  const remove = () => rmSync(directory, {recursive: true, force: true})
  try {
    const args = ['--foreground', '--debug', '2', '--config', join(directory, 'ocserv.conf')]
    const process = await startServer(server, args, {host: '127.0.0.1', port})
    return {
      login: (userName, ...typed) => login(join(directory, 'ca.pem'), port, userName, typed),
      output: () => process.output(),
      async stop() {
        await process.stop()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}

async function login(caFile: string, port: number, userName: string, typed: readonly string[]): Promise<VpnLogin> {
  const args = ['--protocol=anyconnect', '--authenticate', '--no-system-trust', '--no-proxy', `--cafile=${caFile}`]
  const child = spawn(client, [...args, `--user=${userName}`, `https://127.0.0.1:${port}/`])
  child.stdin.end(`${typed.join('\n')}\n`)
  let shown = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      shown += chunk.toString('utf8')
    })
  await once(child, 'close')
  return {isLetIn: /^COOKIE='?\w/m.test(shown), shown}
}

function radcliConfiguration(directory: string, {port, timeoutS}: {port: number; timeoutS: number}): string {
  return `
nas-identifier vpn
authserver 127.0.0.1:${port}
acctserver 127.0.0.1:${port}
servers ${directory}/servers
dictionary ${dictionary}
default_realm
radius_timeout ${timeoutS}
radius_retries 1
radius_deadtime 0
bindaddr *
`
}

function ocservConfiguration(directory: string, port: number): string {
  return `
auth = "radius[config=${directory}/radcli.conf,groupconfig=false]"
listen-host = 127.0.0.1
tcp-port = ${port}
run-as-user = nobody
run-as-group = nogroup
socket-file = ${directory}/run/socket
use-occtl = false
pid-file = ${directory}/run/pid
server-cert = ${directory}/server.pem
server-key = ${directory}/server.key
isolate-workers = false
max-clients = 16
rate-limit-ms = 0
max-ban-score = 0
auth-timeout = 120
cookie-timeout = 60
device = authproxy
ipv4-network = 192.0.2.0
ipv4-netmask = 255.255.255.0
cisco-client-compat = true
`
}
