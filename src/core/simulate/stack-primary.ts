import {findAttribute} from '../radius/dictionary-lookup.ts'
import {decodeValue} from '../radius/dictionary-value.ts'
import {readChapResponse} from '../radius/ms-chap.ts'
import {type Attribute, attributeType, firstAttribute, type Packet} from '../radius/packet.ts'
import {revealPassword} from '../radius/password.ts'
import {sharedKey} from '../radius/shared-key.ts'
import {Secret} from '../secret.ts'
import type {World} from '../world.ts'
import {startFakeDirectory} from './directory.ts'
import {type FakePrimaryUser, FakeRadiusPrimary} from './radius-primary.ts'
import type {PrimaryUser, ScenarioPrimary} from './scenario.ts'
import {attributeOf} from './scenario-request.ts'
import type {PrimaryCall} from './scenario-stage.ts'
import type {ConfigOptions} from './standard-config.ts'

/** The server behind the proxy that knows the passwords. */
export type StackPrimary = {
  /** The client section of the configuration, and its name. */
  readonly section: string
  readonly config: ConfigOptions
  silence(silent: boolean): void
  close(): Promise<void>
}

export type PrimaryObserver = (call: PrimaryCall) => void

const PRIMARY_SECRET = 'primary-secret-not-real'
const BASE_DN = 'DC=example,DC=com'
const SERVICE_ACCOUNT = {userName: 'svc-authproxy', password: 'service-password-not-real'}
const SERVICE_DN = `CN=${SERVICE_ACCOUNT.userName},OU=People,${BASE_DN}`

/** `world` is the one that sockets live in: the fakes behind the proxy answer at once, whatever clock a scenario has. */
export function startPrimary(plan: ScenarioPrimary, world: World, observe: PrimaryObserver): Promise<StackPrimary> {
  return starters[plan.kind](plan.users, world, observe)
}

const starters: {
  readonly [Kind in ScenarioPrimary['kind']]: (
    users: readonly PrimaryUser[],
    world: World,
    observe: PrimaryObserver,
  ) => Promise<StackPrimary>
} = {
  async none() {
    return {section: 'duo_only_client', config: {duo_only_client: {}}, silence: () => {}, close: async () => {}}
  },

  async radius(users, world, observe) {
    const secret = new Secret(PRIMARY_SECRET)
    const key = sharedKey(secret)
    const server = await FakeRadiusPrimary.start(
      {
        secret,
        users: new Map(users.map((user) => [user.name.toString('utf8'), radiusUser(user)])),
        onRequest: (request) => {
          const hidden = firstAttribute(request.attributes, attributeType.userPassword)
          const password = hidden && revealPassword(hidden, request.authenticator, key)
          const method = readChapResponse(request)?.kind ?? 'pap'
          observe({parameters: {...named(request), 'User-Password': password?.toString('utf8') ?? '', method}})
        },
      },
      world,
    )
    return {
      section: 'radius_client',
      config: {radius_client: {host: server.endpoint.address, port: server.endpoint.port, secret: PRIMARY_SECRET}},
      silence: (silent) => {
        server.mode = silent ? 'silent' : 'answer'
      },
      close: () => server.close(),
    }
  },

  async directory(users, world, observe) {
    const people = users.map(({name, password}) => ({
      userName: name.toString('utf8'),
      password: password.toString('utf8'),
    }))
    const directory = await startFakeDirectory(
      {
        content: {baseDn: BASE_DN, domain: 'EXAMPLE', users: [SERVICE_ACCOUNT, ...people], groups: []},
        serviceUser: SERVICE_ACCOUNT.userName,
        onEvent: (event) => {
          if (event.kind !== 'bind' || event.name === SERVICE_DN) return
          observe({parameters: {bind: event.name, result: `${event.code}`}})
        },
      },
      world,
    )
    return {
      section: 'ad_client',
      config: {
        ad_client: {
          host: directory.host,
          port: directory.port,
          service_account_username: SERVICE_ACCOUNT.userName,
          service_account_password: SERVICE_ACCOUNT.password,
          search_dn: BASE_DN,
          auth_type: 'plain',
          bind_dn: SERVICE_DN,
        },
      },
      silence: (silent) => {
        directory.faults.stall = silent
      },
      close: () => directory.close(),
    }
  },
}

function radiusUser({password, attributes, asks, refused, isExpired}: PrimaryUser): FakePrimaryUser {
  const carried: Attribute[] = []
  for (const value of attributes) {
    const made = attributeOf(value)
    if (made.ok) carried.push(made.attribute)
  }
  const user = {
    password: password.toString('utf8'),
    attributes: carried,
    isExpired,
    ...(asks === undefined ? {} : {challenges: [{prompts: [asks.prompt], answer: asks.answer.toString('utf8')}]}),
  }
  // A server that refuses whatever the password is, and says why.
  return refused === undefined ? user : {...user, password: '', rejectMessage: refused}
}

/** Attributes by name; the first of each. */
function named({attributes}: Packet): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of shownNames) {
    const attribute = findAttribute(attributes, name)
    if (attribute !== undefined) found[name] = decodeValue(attribute)
  }
  return found
}

const shownNames = [
  'User-Name',
  'NAS-IP-Address',
  'NAS-Identifier',
  'Calling-Station-Id',
  'Called-Station-Id',
  'Service-Type',
  'Proxy-State',
  'State',
  'Message-Authenticator',
] as const
