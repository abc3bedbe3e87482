import {type InstallOptions, nodeOptions} from './install-options.ts'
import {SELINUX_CONTEXT} from './selinux.ts'

export const UNIT_PATH = '/etc/systemd/system/authproxy.service'

/** What systemd calls the facilities of syslog_facility. */
const facility = (name: string) => name.replace(/^LOG_/, '').toLowerCase()

/**
 * The unit file. Why each line is there stands beside it, since administrators read units.
 * MemoryDenyWriteExecute is not set: V8 compiles to memory that it then executes.
 */
export function systemdUnit(options: InstallOptions): string {
  const {layout, needs, serviceUser} = options
  const program = [options.nodePath, options.programPath].map(argument).join(' ')
  const service = [options.nodePath, ...nodeOptions, options.programPath].map(argument).join(' ')
  const config = argument(layout.configFile)
  // What is under /run is gone after a boot: systemd makes it anew, with its rights.
  const isVolatile = layout.runDirectory.startsWith('/run/')
  const writable = [needs.logDirectory, ...(isVolatile ? [] : [layout.runDirectory]), needs.stateDirectory]
  const capabilities = needs.hasLowPort ? 'CAP_NET_BIND_SERVICE' : ''
  return `# Written by "authproxy install-service" and written anew by it. For changes of your own: systemctl edit authproxy

[Unit]
Description=Multi-factor RADIUS proxy (authproxy)
Documentation=man:authproxy(8)
Wants=network-online.target
After=network-online.target nss-lookup.target time-sync.target
# The original proxy listens on the same ports: starting one stops the other.
Conflicts=duoauthproxy.service
# A front door is tried again for ever, every RestartSec.
StartLimitIntervalSec=0

[Service]
Type=notify
# Node cannot speak to systemd itself; systemd-notify, its child, does.
NotifyAccess=all
ExecStartPre=${program} validate ${config}
# Node's option: less memory for new objects, which a burst of logins would fill with what is used no more.
ExecStart=${service} serve --config ${config}
# Fails when the new configuration is refused; the old one goes on.
ExecReload=${program} reload --config ${config}
WorkingDirectory=${pathValue(layout.root)}
Environment=NODE_ENV=production
User=${serviceUser}
Group=${serviceUser}
UMask=0027
${options.enableSelinux ? `SELinuxContext=-${SELINUX_CONTEXT}\n` : ''}
Restart=on-failure
RestartSec=5
TimeoutStartSec=60
# Logins in flight end first: a push lives for 60 s.
TimeoutStopSec=80
KillMode=mixed
WatchdogSec=60

# Each pending push holds a connection.
LimitNOFILE=65536
# A core file would hold every secret.
LimitCORE=0

SyslogIdentifier=Authproxy
SyslogFacility=${facility(needs.syslogFacility)}

# Secrets that only root can read on disk. In the configuration: secret=file:/run/credentials/authproxy.service/NAME
#LoadCredential=NAME:/etc/authproxy-credentials/NAME

# What the process can reach.
ProtectSystem=strict
ReadWritePaths=${writable.map(pathValue).join(' ')}
${isVolatile ? `RuntimeDirectory=${layout.runDirectory.slice('/run/'.length)}\nRuntimeDirectoryMode=0700\n` : ''}ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
DevicePolicy=closed
${needs.hasLowPort ? '' : 'PrivateUsers=yes\n'}ProtectHostname=yes
ProtectClock=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=pid
KeyringMode=private
RemoveIPC=yes

# What it can do.
NoNewPrivileges=yes
CapabilityBoundingSet=${capabilities}
AmbientCapabilities=${capabilities}
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`
}

/** One argument of an Exec line: specifiers and variables stay text (systemd.service(5)). */
function argument(text: string): string {
  const escaped = text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /[\s"\\';]/.test(text) ? `"${escaped}"` : escaped
}

/** A path where systemd expands specifiers but no variables. */
function pathValue(text: string): string {
  const escaped = text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%')
  return /[\s"\\']/.test(text) ? `"${escaped}"` : escaped
}
