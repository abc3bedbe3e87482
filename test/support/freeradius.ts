import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {ntHash} from '../../src/core/ntlm/hashes.ts'
import {changedPasswordPath} from './domain-helper.ts'

export const freeradiusSecret = 'freeradius-secret-not-real'

/** The key that the user `keys` gets as MS-MPPE-Send-Key and, one octet on, as MS-MPPE-Recv-Key. */
export const sendKey = Buffer.alloc(32, 0x5a)
export const receiveKey = Buffer.alloc(32, 0x5b)

export type FreeRadius = {
  /** Wants a Message-Authenticator in every request and puts one into its replies. */
  readonly strictPort: number
  /** Neither: as servers were before 2024. */
  readonly laxPort: number
  /** Answers Status-Server, as FreeRADIUS always does, and no login. */
  readonly silentPort: number
  /** What the user `expired` has changed the password to; undefined when it still is the expired one. */
  readonly changedPassword: () => string | undefined
  /** The password of `expired` is expired again. */
  readonly expirePassword: () => void
  readonly stop: () => Promise<void>
}

/** Starts FreeRADIUS 3 on free ports of loopback, with a configuration made here, and resolves when it is ready. */
export async function startFreeRadius(): Promise<FreeRadius> {
  const [strictPort, laxPort, silentPort] = await freePorts()
  const directory = mkdtempSync(join(tmpdir(), 'authproxy-freeradius-'))
  writeFileSync(join(directory, 'users'), users)
  writeFileSync(join(directory, 'dictionary'), '')
  writeFileSync(join(directory, 'radiusd.conf'), configuration(directory, {strictPort, laxPort, silentPort}))
  const server = spawn('freeradius', ['-f', '-l', 'stdout', '-d', directory, '-n', 'radiusd'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(server, 'exit')
  let output = ''
  const ready = new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString('utf8')
      if (output.includes('Ready to process requests')) resolve()
    }
    server.stdout.on('data', read)
    server.stderr.on('data', read)
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`freeradius ended at its start:\n${output}`)))
  })
  const stop = async () => {
    server.kill('SIGTERM')
    await ended
    rmSync(directory, {recursive: true, force: true})
  }
  try {
    await ready
  } catch (error) {
    rmSync(directory, {recursive: true, force: true})
    throw error
  }
  const changed = changedPasswordPath(directory)
  return {
    strictPort,
    laxPort,
    silentPort,
    changedPassword: () => (existsSync(changed) ? readFileSync(changed, 'utf8') : undefined),
    expirePassword: () => rmSync(changed, {force: true}),
    stop,
  }
}

/** Ports that were free a moment ago: all are held at once, so that they differ. */
async function freePorts(): Promise<[number, number, number]> {
  const sockets = [createSocket('udp4'), createSocket('udp4'), createSocket('udp4')] as const
  for (const socket of sockets) {
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
  }
  const [first, second, third] = sockets.map((socket) => socket.address().port)
  for (const socket of sockets) socket.close()
  assert.ok(first !== undefined && second !== undefined && third !== undefined)
  return [first, second, third]
}

const users = `
jdoe	Cleartext-Password := "right-not-real"
	Class = 0x7374616666,
	Class += 0x00ff,
	Filter-Id = "vpn",
	Reply-Message = "Welcome",
	Framed-IP-Address = 192.0.2.33,
	Tunnel-Type:1 = VLAN,
	Tunnel-Private-Group-Id:1 = "42",
	Cisco-AVPair = "shell:priv-lvl=15",
	Cisco-AVPair += "ip:addr-pool=vpn",
	Juniper-Local-User-Name = "remote",
	PaloAlto-User-Group = "staff",
	Fortinet-Group-Name = "vpn-users"

jörg	Cleartext-Password := "pässwörd-€"

refused	Cleartext-Password := "right-not-real", Auth-Type := Reject
	Reply-Message = "Your account is closed"

otp	Cleartext-Password := "right-not-real"
	Class = 0x6f7470

echo	Cleartext-Password := "right-not-real"
	Filter-Id = "%{Calling-Station-Id}|%{NAS-IP-Address}|%{NAS-Identifier}|%{User-Name}"

hashed	SSHA2-256-Password := "0x${ssha256('right-not-real')}"

nthash	NT-Password := "0x${ntHash('right-not-real').toString('hex')}"

keys	Cleartext-Password := "right-not-real"
	MS-MPPE-Send-Key = 0x${sendKey.toString('hex')},
	MS-MPPE-Recv-Key = 0x${receiveKey.toString('hex')},
	Tunnel-Password:3 = "tunnel-not-real"
`

/** Known by its hash alone: neither CHAP nor MS-CHAPv2 can be checked with it. */
function ssha256(password: string): string {
  const salt = Buffer.from('salt-not-real')
  return Buffer.concat([createHash('sha256').update(password).update(salt).digest(), salt]).toString('hex')
}

const helper = `${process.execPath} ${fileURLToPath(new URL('domain-helper.ts', import.meta.url))}`

type Ports = {strictPort: number; laxPort: number; silentPort: number}

function configuration(directory: string, {strictPort, laxPort, silentPort}: Ports): string {
  return `
name = radiusd
raddbdir = ${directory}
logdir = ${directory}
run_dir = ${directory}
db_dir = ${directory}
libdir = /usr/lib/freeradius
max_request_time = 10
cleanup_delay = 2
hostname_lookups = no
proxy_requests = no

log {
	destination = stdout
	auth = no
}

security {
	reject_delay = 0
	status_server = yes
	allow_vulnerable_openssl = yes
}

thread pool {
	start_servers = 1
	max_servers = 4
	min_spare_servers = 1
	max_spare_servers = 2
	max_requests_per_server = 0
}

clients signing {
	client loopback {
		ipaddr = 127.0.0.1
		secret = ${freeradiusSecret}
		require_message_authenticator = yes
	}
}

clients plain {
	client loopback {
		ipaddr = 127.0.0.1
		secret = ${freeradiusSecret}
		require_message_authenticator = no
	}
}

modules {
	expr {
	}
	pap {
	}
	chap {
	}
	mschap {
		use_mppe = yes
		require_encryption = yes
		require_strong = yes
	}
	mschap domain {
		use_mppe = yes
		ntlm_auth = "${helper} auth ${directory} %{mschap:Challenge} %{mschap:NT-Response}"
		ntlm_auth_timeout = 10
		passchange {
			ntlm_auth = "${helper} change ${directory}"
			ntlm_auth_username = "username: %{mschap:User-Name}"
		}
	}
	always ok {
		rcode = ok
	}
	always reject {
		rcode = reject
	}
	always handled {
		rcode = handled
	}
	files {
		usersfile = ${directory}/users
	}
}

server strict {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = ${strictPort}
		clients = signing
	}
	${sections('update reply {\n\t\t\t&Message-Authenticator := 0x00\n\t\t}')}
}

server lax {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = ${laxPort}
		clients = plain
	}
	${sections('ok')}
}

server silent {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = ${silentPort}
		clients = plain
	}
	authorize {
		update control {
			&Response-Packet-Type := Do-Not-Respond
		}
		handled
	}
}
`
}

/** The user \`otp\` is asked for a code after the password; the State is good for one answer. */
function sections(sign: string): string {
  return `
	authorize {
		if (&User-Name == "otp" && !&State) {
			update control {
				&Auth-Type := AskCode
			}
		}
		elsif (&State && &session-state:Tmp-String-0) {
			update control {
				&Auth-Type := CheckCode
			}
		}
		elsif (&State) {
			reject
		}
		files
		chap
		mschap
		pap
	}
	authenticate {
		Auth-Type PAP {
			pap
		}
		Auth-Type CHAP {
			chap
		}
		Auth-Type MS-CHAP {
			if (&User-Name == "expired") {
				domain
			}
			else {
				mschap
			}
		}
		Auth-Type AskCode {
			pap
			update session-state {
				&Tmp-String-0 := "123456"
			}
			update reply {
				&State := "%{randstr:hhhhhhhhhhhhhhhh}"
				&Reply-Message := "Enter the code"
				&Reply-Message += "of your token"
				&Prompt := No-Echo
			}
			update control {
				&Response-Packet-Type := Access-Challenge
			}
			${sign}
			handled
		}
		Auth-Type CheckCode {
			if (&User-Password == &session-state:Tmp-String-0) {
				ok
			}
			else {
				update reply {
					&Reply-Message := "That is not the code"
				}
				reject
			}
		}
	}
	post-auth {
		${sign}
		Post-Auth-Type REJECT {
			${sign}
		}
	}`
}
