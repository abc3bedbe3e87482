import {createSocket} from 'node:dgram'
import type {LogSink} from '../log/log.ts'
import {Secret} from '../secret.ts'
import type {World} from '../world.ts'
import type {CloudCall} from './duo-cloud.ts'
import type {CloudUser, PhoneAnswer} from './duo-cloud-users.ts'
import type {PrimaryCall} from './scenario-stage.ts'
import {type Stack, type StartProxy, startStack} from './stack.ts'

/** What is known of the users of an embedded stack, so that nobody needs to be told. */
export const embeddedPassword = new Secret('test-password-not-real')
export const embeddedPasscode = '123456'

export type EmbeddedPlan = {
  readonly startProxy: StartProxy
  readonly world: World
  readonly userName: string
  /** What the person does when a push comes, and after how long. */
  readonly phone: PhoneAnswer
  readonly answerAfterMs: number
  readonly sink?: LogSink
  readonly onDuoCall?: (call: CloudCall) => void
  readonly onDuoAnswer?: (call: CloudCall) => void
  readonly onPrimaryCall?: (call: PrimaryCall) => void
}

/** A stack that really listens on loopback, and where to ask it. */
export type EmbeddedServer = {
  readonly stack: Stack
  readonly server: {readonly address: string; readonly port: number}
  readonly secret: Secret
}

const LOOPBACK = '127.0.0.1'
const NAS_SECRET = 'test-secret-not-real'
const silent: LogSink = {write: () => {}, close: async () => {}}

/** A directory and a Duo cloud that know this one user, and the proxy between them on a UDP port of its own. */
export async function startEmbeddedServer(plan: EmbeddedPlan): Promise<EmbeddedServer> {
  const {startProxy, world, userName, sink = silent, onDuoCall, onDuoAnswer, onPrimaryCall} = plan
  const port = await freeUdpPort()
  const person: CloudUser = {
    userName,
    phones: [{mask: 'XXX-XXX-1234', capabilities: ['push', 'phone', 'sms']}],
    passcodes: [embeddedPasscode],
    passcodesLast: true,
    answer: plan.phone,
    answerAfterMs: plan.answerAfterMs,
  }
  const stack = await startStack({
    startProxy,
    world,
    hostWorld: world,
    primary: {
      kind: 'directory',
      users: [
        {
          name: Buffer.from(userName, 'utf8'),
          password: Buffer.from(embeddedPassword.reveal(), 'utf8'),
          attributes: [],
          asks: undefined,
          refused: undefined,
          isExpired: false,
        },
      ],
    },
    duo: {api: 'v2', users: [person]},
    nas: {network: LOOPBACK, secret: NAS_SECRET},
    port,
    // A load is to find out how many there can be.
    changes: [{name: 'radius_server_challenge', options: new Map([['client_logins_per_second', '0']])}],
    sink,
    ...(onDuoCall === undefined ? {} : {onDuoCall}),
    ...(onDuoAnswer === undefined ? {} : {onDuoAnswer}),
    ...(onPrimaryCall === undefined ? {} : {onPrimaryCall}),
  })
  return {stack, server: {address: LOOPBACK, port}, secret: new Secret(NAS_SECRET)}
}

/** A port that was free a moment ago: the configuration has no way to say "any". */
function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(0, LOOPBACK, () => {
      const {port} = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
