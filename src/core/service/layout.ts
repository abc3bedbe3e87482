import {createHash} from 'node:crypto'
import {posix, win32} from 'node:path'

/** Where an installation keeps what it makes itself. */
export type Layout = {
  readonly root: string
  readonly configFile: string
  readonly logDirectory: string
  /** pid file and control socket; 0700. */
  readonly runDirectory: string
  /** Journal and the key of the State; 0700. */
  readonly stateDirectory: string
  readonly pidFile: string
  /** A Unix socket, or the name of a pipe on Windows. */
  readonly controlPath: string
}

/** The folder of the Debian package's configuration file: its other folders are where Debian wants them. */
const SYSTEM_CONF = '/etc/authproxy'

/**
 * The folders that belong to a configuration file, found alike by the service and by whoever asks it something:
 * beside `conf` as the original has them, else beside the file itself.
 */
export function layoutOf(configFile: string, platform: NodeJS.Platform): Layout {
  const path = platform === 'win32' ? win32 : posix
  const conf = path.dirname(path.resolve(configFile))
  const root = path.basename(conf).toLowerCase() === 'conf' ? path.dirname(conf) : conf
  const isSystem = conf === SYSTEM_CONF
  const runDirectory = isSystem ? '/run/authproxy' : path.join(root, 'run')
  return {
    root,
    configFile: path.resolve(configFile),
    logDirectory: isSystem ? '/var/log/authproxy' : path.join(root, 'log'),
    runDirectory,
    stateDirectory: isSystem ? '/var/lib/authproxy' : path.join(root, 'state'),
    pidFile: path.join(runDirectory, 'duoauthproxy.pid'),
    controlPath: platform === 'win32' ? pipeName(root) : path.join(runDirectory, 'control.sock'),
  }
}

/** Pipes share one flat space of names: each installation has its own. */
function pipeName(root: string): string {
  const mark = createHash('sha256').update(root.toLowerCase()).digest('hex').slice(0, 16)
  return `\\\\.\\pipe\\authproxy-${mark}`
}
