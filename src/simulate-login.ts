import {isIP} from 'node:net'
import {networkInterfaces} from 'node:os'
import {Fault} from './core/fault.ts'
import {Secret} from './core/secret.ts'
import type {LoginMethod} from './core/simulate/credentials.ts'
import type {ExpectedAttribute} from './core/simulate/expected-attributes.ts'
import {faultyTransport, type NetworkFaults} from './core/simulate/faulty-transport.ts'
import {type LoginAttempt, Nas, type Prompt} from './core/simulate/nas.ts'
import {writtenAttribute} from './core/simulate/nas-request.ts'
import {profileByName, profiles} from './core/simulate/profiles.ts'
import {openUdpTransport} from './core/simulate/transport.ts'
import {realWorld} from './core/world.ts'
import type {Target} from './simulate-target.ts'
import {ask, canAsk, secretFromFile, secretFromInput} from './terminal-input.ts'

export type NasFlags = {
  readonly profile: string
  readonly method: LoginMethod
  readonly timeout: number | undefined
  readonly retries: number | undefined
} & NetworkFaults

/** The fake gateway of the flags, which asks these servers in turn. */
export function nasOf(flags: NasFlags, {server, secret}: Target, second: Target['server'] | undefined): Nas {
  const profile = profileByName(flags.profile) ?? profiles.ivanti
  const servers = second === undefined ? [server] : [server, second]
  const faulty = flags.drop + flags.duplicate + flags.reorder > 0
  return new Nas({
    world: realWorld,
    profile,
    method: flags.method,
    secret,
    address: server.address === '127.0.0.1' ? server.address : ownAddress(),
    policy: {
      timeoutMs: flags.timeout === undefined ? profile.timeoutMs : flags.timeout * 1000,
      retries: flags.retries ?? profile.retries,
    },
    servers: servers.map((each) => async () => {
      const transport = await openUdpTransport(each)
      return faulty ? faultyTransport(transport, flags, realWorld) : transport
    }),
  })
}

export type AttemptFlags = {
  readonly user: string | undefined
  readonly answer: readonly string[] | undefined
  readonly 'new-password-file': string | undefined
  readonly 'client-ip': string
  readonly 'calling-station-id': string | undefined
  readonly attribute: readonly string[] | undefined
}

/** A login of the flags; a prompt that they have no answer for is asked on the terminal. */
export function attemptOf(flags: AttemptFlags, password: Secret): LoginAttempt {
  const {user: userName, answer = [], 'client-ip': clientAddress, 'new-password-file': newPassword} = flags
  if (userName === undefined) throw new Fault('usage', '--user is missing')
  if (clientAddress !== '' && isIP(clientAddress) === 0) {
    throw new Fault('usage', `--client-ip ${clientAddress} is not an IP address`)
  }
  const extra = (flags.attribute ?? []).map(attributeOf)
  if (flags['calling-station-id'] !== undefined) {
    extra.push(attributeOf(`Calling-Station-Id=${flags['calling-station-id']}`))
  }
  const answers = answer.map((text) => new Secret(text))
  return {
    userName,
    password,
    ...(newPassword === undefined ? {} : {newPassword: secretFromFile(newPassword)}),
    clientAddress: clientAddress === '' ? undefined : clientAddress,
    extra,
    answer: async ({round}: Prompt) => answers[round - 1] ?? (await askAnswer()),
  }
}

/** What the flags say that the Accept must bring. */
export function expectedOf({expect = []}: {readonly expect: readonly string[] | undefined}): ExpectedAttribute[] {
  return expect.map((text) => ({text, attribute: attributeOf(text)}))
}

export type PasswordFlags = {readonly password: string | undefined; readonly 'password-file': string | undefined}

/** The password of a file, of standard input or of a terminal; `known` where nobody needs to be asked. */
export async function passwordOf(flags: PasswordFlags, known: Secret | undefined): Promise<Secret> {
  if (flags['password-file'] !== undefined) return secretFromFile(flags['password-file'])
  if (flags.password !== undefined && flags.password !== '-') {
    throw new Fault('usage', '--password takes only "-": other users of this machine can read the command line', {
      hint: 'use --password - or --password-file FILE',
    })
  }
  if (flags.password === undefined && known !== undefined) return known
  if (flags.password === undefined && !canAsk()) {
    throw new Fault('usage', 'the password is missing', {hint: 'use --password - or --password-file FILE'})
  }
  return secretFromInput('Password: ')
}

async function askAnswer(): Promise<Secret | undefined> {
  return canAsk() ? ask('   > ', {hidden: false}) : undefined
}

type ExtraAttribute = LoginAttempt['extra'][number]

function attributeOf(text: string): ExtraAttribute {
  const made = writtenAttribute(text)
  if (!made.ok) throw new Fault('usage', `the attribute ${text}: ${made.reason}`)
  return made.attribute
}

/** What this machine is called by others: the first address that is not loopback. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return all.find(({family, internal}) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1'
}
