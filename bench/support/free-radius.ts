import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {NAS_SECRET, PASSWORD} from './names.ts'
import {untilLine} from './proxy.ts'

export const hasFreeRadius = spawnSync('freeradius', ['-v']).status === 0

/** The version as FreeRADIUS says it. */
export function freeRadiusVersion(): string {
  return /FreeRADIUS Version (\S+?),/.exec(spawnSync('freeradius', ['-v'], {encoding: 'utf8'}).stdout)?.[1] ?? '?'
}

/** FreeRADIUS in one thread, with the least it needs to check a PAP password out of its memory. */
export async function startSingleThreaded(port: number): Promise<{pid: number; close: () => Promise<void>}> {
  const folder = mkdtempSync(join(tmpdir(), 'authproxy-bench-freeradius-'))
  writeFileSync(join(folder, 'dictionary'), '')
  writeFileSync(join(folder, 'users'), `DEFAULT Cleartext-Password := "${PASSWORD}"\n`)
  writeFileSync(join(folder, 'radiusd.conf'), configuration(folder, port))
  const server = spawn('freeradius', ['-f', '-s', '-l', 'stdout', '-d', folder, '-n', 'radiusd'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await untilLine(server, server.stdout, 'Ready to process requests')
  return {
    pid: server.pid ?? 0,
    async close() {
      server.kill('SIGTERM')
      await once(server, 'exit')
      rmSync(folder, {recursive: true, force: true})
    },
  }
}

function configuration(folder: string, port: number): string {
  return `
name = radiusd
raddbdir = ${folder}
logdir = ${folder}
run_dir = ${folder}
db_dir = ${folder}
libdir = /usr/lib/freeradius
max_request_time = 10
cleanup_delay = 0
max_requests = 16384
proxy_requests = no
log {
  destination = stdout
  auth = no
}
security {
  max_attributes = 200
  reject_delay = 0
  status_server = no
}
modules {
  pap {
  }
  files {
    usersfile = ${folder}/users
  }
}
client loopback {
  ipaddr = 127.0.0.1
  secret = ${NAS_SECRET}
  require_message_authenticator = no
  limit_proxy_state = no
}
server bench {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  authorize {
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
}
`
}
