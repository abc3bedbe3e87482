import assert from 'node:assert/strict'
import {execFile} from 'node:child_process'
import {chmodSync, mkdirSync} from 'node:fs'
import {join} from 'node:path'
import type {TestContext} from 'node:test'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'
import type {Check} from '../../../src/core/probes/probe.ts'
import {thisMachine} from '../../../src/this-machine.ts'
import {PASSWORD, startRedis} from '../../support/redis.ts'
import {blackHole, holdPort} from './broken-network.ts'
import type {BrokenWorld} from './broken-world.ts'
import {checksOf, cloud, folder, freeUdpPort, noPrimary, type Options, serverSection, writeConfig} from './world.ts'

const run = promisify(execFile)
const printChecks = fileURLToPath(new URL('print-checks.ts', import.meta.url))
const SERVER = 'radius_server_challenge'

async function sections(t: TestContext, main: Options = {}, server: Options = {}) {
  return {main, ...noPrimary, [SERVER]: await serverSection(t, await cloud(t), server)}
}

/** Runs the checks under a shell that has changed the world first; `$0` to `$3` are the arguments of the last command. */
async function under(
  shell: string,
  wrapper: readonly string[],
  config: string,
  place: string,
): Promise<readonly Check[]> {
  const [program = 'sh', ...args] = [...wrapper, 'sh', '-c', shell, process.execPath, printChecks, config, place]
  const {stdout} = await run(program, args)
  return JSON.parse(stdout)
}

/** Runs the checks where `log_dir` is a small file system of its own, in a mount namespace that ends with the process. */
function withFileSystem(arrange: string): BrokenWorld['checks'] {
  return async (t) => {
    const place = folder(t)
    const config = writeConfig(t, {sections: await sections(t, {log_dir: place})})
    const wrapper = process.getuid?.() === 0 ? ['unshare', '-m'] : ['unshare', '-r', '-m']
    const possible = await run(wrapper[0] ?? '', [...wrapper.slice(1), 'true']).then(
      () => true,
      () => false,
    )
    if (!possible) {
      const message = 'mount namespaces are not allowed here: run the tests as root, or allow user namespaces'
      assert.notEqual(process.env.AUTHPROXY_REQUIRE_SERVERS, '1', message)
      t.skip(message)
      return undefined
    }
    return under(
      `mount -t tmpfs -o size=64k tmpfs "$3" && ${arrange}; exec "$0" "$1" "$2" main`,
      wrapper,
      config,
      place,
    )
  }
}

/** A proxy that shares its state in a real Redis with a password. */
function storeWorld(url: (port: number) => string): BrokenWorld['checks'] {
  return async (t) => {
    const redis = await startRedis(t)
    if (redis === undefined) return undefined
    t.after(() => redis.server.stop())
    const main = {state_key: 'test-state-key-not-real-test-state-key-0', state_store: url(redis.port)}
    return checksOf(t, {sections: await sections(t, main), context: {timeoutMs: 2000}}, 'main')
  }
}

export const machineWorlds: readonly BrokenWorld[] = [
  {
    broken: 'Another program holds the RADIUS port',
    check: 'listen',
    status: 'failed',
    says: '<node> (pid <1234>) holds UDP *:<1812>',
    next: 'stop it, or change port in the configuration and on the gateways',
    checks: async (t) => {
      const port = await freeUdpPort()
      const pid = await holdPort(t, port)
      const checks = await checksOf(t, {sections: await sections(t, {}, {port, interface: undefined})}, SERVER)
      const listen = checks.find(({check}) => check === 'listen')
      assert.ok(listen?.detail.includes(`(pid ${pid})`), 'another process was named')
      return checks
    },
  },
  {
    broken: 'interface is an address that this machine does not have',
    check: 'listen',
    status: 'failed',
    says: 'cannot listen on UDP 192.0.2.77:<1812> (EADDRNOTAVAIL)',
    next: 'no interface of this machine has this address',
    checks: async (t) => checksOf(t, {sections: await sections(t, {}, {interface: '192.0.2.77'})}, SERVER),
  },
  {
    broken: 'The disk of the log folder is full',
    check: 'folder',
    status: 'failed',
    says: '<log folder> is full (ENOSPC)',
    next: 'make room on this file system, or name a folder on another one',
    checks: withFileSystem('(head -c 100000 /dev/zero > "$3/fill") 2> /dev/null'),
  },
  {
    broken: 'The log folder is on a read-only file system',
    check: 'folder',
    status: 'failed',
    says: '<log folder> is read-only (EROFS)',
    next: 'name a folder that can be written in log_dir',
    checks: withFileSystem('mount -o remount,ro "$3"'),
  },
  {
    broken: 'There is little room left for the logs',
    check: 'folder',
    status: 'warning',
    says: 'writable by <root>, 0 MiB free, of the <210> MiB that its files may come to',
    next: 'make room, or lower log_max_size and log_max_files',
    checks: withFileSystem('true'),
  },
  {
    broken: 'The log folder is a file',
    check: 'folder',
    status: 'failed',
    says: '<log folder> is not a folder',
    next: 'name a folder in log_dir',
    checks: async (t) => checksOf(t, {sections: await sections(t, {log_dir: printChecks})}, 'main'),
  },
  {
    broken: 'Others on this machine can read the state folder',
    check: 'folder',
    status: 'warning',
    says: '<state folder> is open to others (mode 0755)',
    next: 'chmod 700 <state folder>: who can read it can forge the State of a challenge',
    checks: async (t) => {
      const place = folder(t)
      chmodSync(place, 0o755)
      return checksOf(t, {sections: await sections(t, {state_dir: place})}, 'main')
    },
  },
  {
    broken: 'A file of the state folder cannot be read, after the proxy was started once as another user',
    check: 'folder',
    status: 'failed',
    says: '<state folder>/latches cannot be used by <root> (EISDIR)',
    next: 'give the file to the account of the service (chown), or remove it',
    checks: async (t) => {
      const place = folder(t)
      // What stops root as well.
      mkdirSync(join(place, 'latches'))
      return checksOf(t, {sections: await sections(t, {state_dir: place})}, 'main')
    },
  },
  {
    broken: 'Others on this machine can read the configuration',
    check: 'permissions',
    status: 'warning',
    says: 'everybody on this machine can read it (mode 0644, owner <0>)',
    next: 'chmod o-rwx <authproxy.cfg>',
    checks: async (t) => {
      const config = writeConfig(t, {sections: await sections(t)})
      chmodSync(config, 0o644)
      return under('exec "$0" "$1" "$2" main', ['env'], config, '')
    },
  },
  {
    broken: 'The process may open too few files for many pending pushes',
    check: 'limit',
    status: 'warning',
    says: '300 here; <2164> with every push slot taken: about <136> pushes can be pending at once',
    next: 'set LimitNOFILE= in the unit, or ulimit -Hn, to that number',
    checks: async (t) => {
      const config = writeConfig(t, {sections: await sections(t)})
      return under('ulimit -n 300 && exec "$0" "$1" "$2" main', ['env'], config, '')
    },
  },
  {
    broken: 'Node.js lacks security fixes',
    check: 'version',
    status: 'warning',
    says: 'Node.js 26.3.0 lacks the security fixes of 26.3.1, 26.5.1',
    next: 'install Node.js 26.5.1 or later of its line, and restart the proxy',
    checks: async (t) => {
      const machine = {...thisMachine(), nodeVersion: '26.3.0'}
      return checksOf(t, {sections: await sections(t), context: {machine}}, 'main')
    },
  },
  {
    broken: 'The shared store refuses the password in state_store',
    check: 'store',
    status: 'failed',
    says: '<host:port> refuses the password (WRONGPASS <text>)',
    next: 'check user and password in state_store; both are percent-encoded there',
    checks: storeWorld((port) => `redis://:wrong-not-real@127.0.0.1:${port}`),
  },
  {
    broken: 'The shared store wants a password, and state_store has none',
    check: 'store',
    status: 'failed',
    says: '<host:port> wants a password (NOAUTH <text>)',
    next: 'write it into state_store: redis://:password@host',
    checks: storeWorld((port) => `redis://127.0.0.1:${port}`),
  },
  {
    broken: 'The shared store has no TLS, and state_store says rediss://',
    check: 'tls',
    status: 'failed',
    says: '<host:port> has not finished the TLS handshake in time',
    next: 'see whether it speaks TLS on this port, and whether a firewall inspects TLS on the way',
    checks: storeWorld((port) => `rediss://:${PASSWORD}@127.0.0.1:${port}`),
  },
  {
    broken: 'Another program holds the port of metrics_listen',
    check: 'listen',
    status: 'failed',
    says: 'another process holds TCP 127.0.0.1 port <9812>',
    next: 'see which one: ss -ltnp "sport = :<9812>"; then change metrics_listen',
    checks: async (t) => {
      const port = await blackHole(t)
      return checksOf(t, {sections: await sections(t, {metrics_listen: `127.0.0.1:${port}`})}, 'main')
    },
  },
]
