import {readdir, readFile, readlink} from 'node:fs/promises'

/** `parentPid`: who started it; a worker of our service is known by that. */
export type PortHolder = {readonly pid: number; readonly parentPid?: number | undefined; readonly name: string}

/** What probes ask the operating system. Whatever it does not tell is empty or undefined. */
export type Machine = {
  readonly platform: NodeJS.Platform
  /** "26.10.0" */
  readonly nodeVersion: string
  /** "root" or a number; who runs the checks. */
  readonly userText: string
  /** Which processes have a UDP socket on this port. Others' need root. */
  readonly udpPortHolders: (port: number) => Promise<readonly PortHolder[]>
  /** The most files a process may have open; of this process when undefined. */
  readonly openFileLimit: (pid: number | undefined) => Promise<number | undefined>
}

/** Reads /proc on Linux; elsewhere nothing is known. */
export function createMachine(process: {
  readonly platform: NodeJS.Platform
  readonly nodeVersion: string
  readonly userId: number | undefined
}): Machine {
  const {platform, nodeVersion, userId} = process
  const isLinux = platform === 'linux'
  return {
    platform,
    nodeVersion,
    userText: userId === 0 ? 'root' : userId === undefined ? 'this user' : `user ${userId}`,
    udpPortHolders: async (port) => (isLinux ? holdersOf(port) : []),
    openFileLimit: async (pid) => (isLinux ? fileLimit(pid) : undefined),
  }
}

/** /proc/net/udp gives the inode of each socket, /proc/PID/fd who has it open. */
async function holdersOf(port: number): Promise<readonly PortHolder[]> {
  const inodes = new Set([...(await socketInodes('udp', port)), ...(await socketInodes('udp6', port))])
  if (inodes.size === 0) return []
  const holders: PortHolder[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (!(await hasOpen(pid, inodes))) continue
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a process')
    holders.push({pid: Number(pid), parentPid: await parentOf(pid), name: name.trim()})
  }
  return holders
}

async function parentOf(pid: string): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const parent = /^PPid:\s+(\d+)$/m.exec(status)?.[1]
  return parent === undefined ? undefined : Number(parent)
}

async function socketInodes(family: 'udp' | 'udp6', port: number): Promise<string[]> {
  const table = await readFile(`/proc/net/${family}`, 'latin1').catch(() => '')
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(wanted))
    .map((fields) => fields[9] ?? '')
    .filter((inode) => inode !== '')
}

async function hasOpen(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  // Processes end while we look, and others' are closed to us.
  const descriptors = await readdir(folder).catch(() => [])
  for (const descriptor of descriptors) {
    const link = await readlink(`${folder}/${descriptor}`).catch(() => '')
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1]
    if (inode !== undefined && inodes.has(inode)) return true
  }
  return false
}

/** The hard limit: Node raises its soft one up to it when it starts. */
async function fileLimit(pid: number | undefined): Promise<number | undefined> {
  const limits = await readFile(`/proc/${pid ?? 'self'}/limits`, 'latin1').catch(() => '')
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1]
  if (hard === 'unlimited') return Number.POSITIVE_INFINITY
  return hard === undefined ? undefined : Number(hard)
}
