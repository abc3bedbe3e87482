import {chmodSync, mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {encodeValue} from '../radius/dictionary-value.ts'
import type {Attribute} from '../radius/packet.ts'
import {Secret} from '../secret.ts'
import type {World} from '../world.ts'
import {startFakeDirectory} from './directory.ts'
import type {DirectoryUser} from './directory-entries.ts'
import {type CloudCall, startDuoCloud} from './duo-cloud.ts'
import type {CloudUser} from './duo-cloud-users.ts'
import {labKeys} from './lab-keys.ts'
import {startPhonePage} from './phone-page.ts'
import {FakeRadiusPrimary} from './radius-primary.ts'
import {configText} from './standard-config.ts'

export type LabPlan = {
  readonly world: World
  /** Where authproxy.cfg and the certificate of the Duo cloud are written; made when it is not there. */
  readonly folder: string
  /** UDP port of the proxy that checks passwords in the directory; the next one goes to the RADIUS primary. */
  readonly port: number
  readonly phonePort: number
  readonly onDuoCall?: (call: CloudCall) => void
}

export type Lab = {
  readonly configFile: string
  readonly phoneUrl: string
  readonly ports: {readonly directory: number; readonly radius: number}
  readonly users: readonly LabUser[]
  close(): Promise<void>
}

export type LabUser = {readonly name: string; readonly about: string}

/** Every user of the lab has this password. */
export const labPassword = new Secret('lab-password-not-real')
export const labSecret = new Secret('lab-secret-not-real')
const PRIMARY_SECRET = 'lab-primary-secret-not-real'
const BASE_DN = 'DC=lab,DC=example'
const SERVICE = {userName: 'svc-authproxy', password: 'lab-service-password-not-real'}
const LOOPBACK = '127.0.0.1'

const phone = {mask: 'XXX-XXX-1234', capabilities: ['push', 'phone', 'sms']} as const

const people: readonly (CloudUser & {readonly about: string})[] = [
  {
    userName: 'jdoe',
    phones: [phone],
    passcodes: ['123456'],
    passcodesLast: true,
    about: 'a phone; the passcode 123456',
  },
  {userName: 'alice', phones: [phone, {mask: 'XXX-XXX-5678', capabilities: ['push']}], about: 'two phones'},
  {userName: 'vera', phones: [phone], verifiedPush: true, about: 'a push that asks for the code which the login shows'},
  {userName: 'tom', tokens: ['104729'], passcodes: ['654321'], passcodesLast: true, about: 'a token only: 654321'},
  {userName: 'bypass', access: 'bypass', about: 'let in by Duo without a second factor'},
  {userName: 'denied', access: 'deny', about: 'refused by Duo'},
  {userName: 'locked', access: 'locked-out', phones: [phone], about: 'locked out at Duo'},
  {userName: 'newbie', access: 'enroll', about: 'not enrolled yet'},
]

/** The servers around a proxy, standing on loopback, with a configuration that is ready for `serve --lab`. */
export async function startLab({world, folder, port, phonePort, onDuoCall}: LabPlan): Promise<Lab> {
  const opened: (() => Promise<void>)[] = []
  const close = async () => {
    for (const end of opened.splice(0).reverse()) await end()
  }
  try {
    const cloud = await startDuoCloud({
      world,
      integration: labKeys,
      users: people,
      ...(onDuoCall === undefined ? {} : {onCall: onDuoCall}),
    })
    opened.push(() => cloud.close())
    const directory = await startFakeDirectory(
      {
        content: {
          baseDn: BASE_DN,
          domain: 'LAB',
          users: [SERVICE, ...people.map(directoryUser)],
          groups: [{name: 'VPN Users'}],
        },
        serviceUser: SERVICE.userName,
      },
      world,
    )
    opened.push(() => directory.close())
    const primary = await FakeRadiusPrimary.start(
      {
        secret: new Secret(PRIMARY_SECRET),
        users: new Map(
          people.map(({userName}) => [userName, {password: labPassword.reveal(), attributes: accepted()}]),
        ),
      },
      world,
    )
    opened.push(() => primary.close())
    const page = await startPhonePage(cloud, world, phonePort)
    opened.push(() => page.close())

    mkdirSync(folder, {recursive: true, mode: 0o700})
    const caFile = join(folder, 'duo-ca.pem')
    const configFile = join(folder, 'authproxy.cfg')
    const server = {
      ikey: labKeys.ikey,
      skey: labKeys.skey,
      api_host: cloud.host,
      api_port: cloud.port,
      http_ca_certs_file: caFile,
      radius_ip_1: '127.0.0.0/8',
      radius_secret_1: labSecret.reveal(),
      interface: LOOPBACK,
      failmode: 'secure',
    }
    writeFileSync(caFile, cloud.caCert)
    const text = configText({
      main: {log_dir: join(folder, 'log'), log_auth_events: 'true'},
      ad_client: {
        host: directory.host,
        port: directory.port,
        service_account_username: SERVICE.userName,
        service_account_password: SERVICE.password,
        search_dn: BASE_DN,
        security_group_dn: `CN=VPN Users,OU=Groups,${BASE_DN}`,
        auth_type: 'plain',
        bind_dn: `CN=${SERVICE.userName},OU=People,${BASE_DN}`,
      },
      radius_client: {
        host: primary.endpoint.address,
        port: primary.endpoint.port,
        secret: PRIMARY_SECRET,
        pass_through_all: 'true',
      },
      radius_server_challenge: {...server, client: 'ad_client', port},
      radius_server_challenge2: {...server, client: 'radius_client', port: port + 1},
    })
    writeFileSync(configFile, text, {mode: 0o600})
    chmodSync(configFile, 0o600)
    return {
      configFile,
      phoneUrl: page.url,
      ports: {directory: port, radius: port + 1},
      users: people.map(({userName, about}) => ({name: userName, about})),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function directoryUser({userName}: CloudUser): DirectoryUser {
  return {userName, password: labPassword.reveal(), groups: ['VPN Users']}
}

/** Something to see in the Access-Accept. */
function accepted(): Attribute[] {
  const made = encodeValue('Class', 'VPN-Users')
  return made.ok ? [made.attribute] : []
}
