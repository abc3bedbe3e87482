import {readFile} from 'node:fs/promises'
import {arch, cpus, hostname, machine, release, totalmem, uptime, version} from 'node:os'
import {askControl} from './core/service/control-client.ts'
import {type ProxyStatus, readStatus} from './core/service/control-protocol.ts'
import type {Layout} from './core/service/layout.ts'
import {realWorld} from './core/world.ts'

const STATUS_MS = 3000

export async function runningStatus({controlPath}: Layout): Promise<ProxyStatus | undefined> {
  const reply = await askControl(realWorld, controlPath, {command: 'status'}, STATUS_MS)
  return reply.kind === 'answer' ? readStatus(reply.result) : undefined
}

export function versions(program: string): Readonly<Record<string, unknown>> {
  return {
    authproxy: program,
    runtime: process.versions,
    execPath: process.execPath,
    platform: process.platform,
    release: release(),
    system: version(),
    arch: arch(),
    machine: machine(),
    hostname: hostname(),
    processors: cpus().length,
    memoryMiB: Math.round(totalmem() / 1024 / 1024),
    systemUptimeS: Math.round(uptime()),
    userId: process.getuid?.(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    time: new Date(realWorld.wallMs()).toISOString(),
  }
}

/** What the kernel allows: the running proxy's limits, else this process's; and the buffers of UDP. */
export async function limits(pid: number | undefined): Promise<string> {
  const files = [
    `/proc/${pid ?? 'self'}/limits`,
    '/proc/sys/net/core/rmem_max',
    '/proc/sys/net/core/rmem_default',
    '/proc/sys/net/netfilter/nf_conntrack_max',
    '/proc/net/snmp',
    '/proc/loadavg',
    '/proc/meminfo',
  ]
  const texts = await Promise.all(
    files.map(async (file) => `== ${file}\n${await readFile(file, 'utf8').catch(() => '(not on this system)')}`),
  )
  return `${texts.map((text) => text.trimEnd()).join('\n\n')}\n`
}
