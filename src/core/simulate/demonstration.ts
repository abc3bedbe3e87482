import {decodePacket} from '../radius/codec.ts'
import {codeName, dumpAttributes} from '../radius/dump.ts'
import {attributeType, type Packet} from '../radius/packet.ts'
import {Secret} from '../secret.ts'
import type {World} from '../world.ts'
import type {CloudCall} from './duo-cloud.ts'
import type {PhoneAnswer} from './duo-cloud-users.ts'
import {embeddedPassword, startEmbeddedServer} from './embedded-login.ts'
import {type LoginReport, Nas, replyMessages} from './nas.ts'
import {profiles} from './profiles.ts'
import type {PrimaryCall} from './scenario-stage.ts'
import type {StartProxy} from './stack.ts'
import {openUdpTransport} from './transport.ts'

export type Actor = 'user' | 'gateway' | 'proxy' | 'directory' | 'Duo' | 'phone'

/** One thing that happened during the demonstration, in the order in which it did. */
export type Happening = {
  readonly from: Actor
  readonly to: Actor
  readonly what: string
  /** More of it, a line each; secrets are masked. */
  readonly details: readonly string[]
  /** Text as the user sees it on the screen. */
  readonly screen: string | undefined
  readonly atMs: number
}

export type Demonstration = {
  readonly startProxy: StartProxy
  readonly world: World
  readonly userName: string
  /** What the user types at the prompt. */
  readonly answer: string
  readonly phone: PhoneAnswer
  readonly onHappening: (happening: Happening) => void
}

const PHONE_MS = 1000

/** One login through the real proxy, everything else being fakes on loopback, told step by step. */
export async function demonstrate(plan: Demonstration): Promise<LoginReport> {
  const {startProxy, world, userName, answer, phone} = plan
  const startedMs = world.monotonicMs()
  const tell = (from: Actor, to: Actor, what: string, details: readonly string[] = [], screen?: string) =>
    plan.onHappening({from, to, what, details, screen, atMs: Math.round(world.monotonicMs() - startedMs)})

  const {stack, server, secret} = await startEmbeddedServer({
    startProxy,
    world,
    userName,
    phone,
    answerAfterMs: PHONE_MS,
    onPrimaryCall: ({parameters}: PrimaryCall) => {
      tell('proxy', 'directory', `bind as ${parameters.bind ?? ''}`)
      tell('directory', 'proxy', parameters.result === '0' ? 'success: the password is right' : 'invalid credentials')
    },
    onDuoCall: (call) => {
      if (isTold(call)) tell('proxy', 'Duo', `${call.method} ${call.path}`, parameterLines(call))
    },
    onDuoAnswer: (call) => {
      if (!isTold(call)) return
      const status = statusOf(call)
      if (call.path.endsWith('/auth_status') && status !== 'pushed' && status !== 'calling') {
        tell('phone', 'Duo', phoneTexts[phone])
      }
      tell('Duo', 'proxy', answerText(call))
      if (call.path.endsWith('/auth') && 'txid' in responseOf(call)) {
        tell('Duo', 'phone', `a login request for ${userName}`)
      }
    },
  })
  const nas = new Nas({
    world,
    profile: profiles.ivanti,
    method: 'pap',
    secret,
    address: server.address,
    policy: profiles.ivanti,
    servers: [() => openUdpTransport(server)],
    observer: {
      sent: (datagram) => tellPacket('gateway', 'proxy', datagram),
      received: (datagram) => tellPacket('proxy', 'gateway', datagram),
    },
  })

  function tellPacket(from: Actor, to: Actor, datagram: Buffer): void {
    const decoded = decodePacket(datagram)
    if (!decoded.ok) return
    const {packet} = decoded
    const others = packet.attributes.filter(({type}) => type !== attributeType.replyMessage)
    tell(from, to, codeName(packet.code), dumpAttributes(others), screenOf(packet))
  }

  try {
    tell('user', 'gateway', `types the name ${userName} and the password`)
    return await nas.login({
      userName,
      password: embeddedPassword,
      clientAddress: '198.51.100.7',
      extra: [],
      answer: async () => {
        tell('user', 'gateway', `types ${answer}`)
        return new Secret(answer)
      },
    })
  } finally {
    await nas.close()
    await stack.close()
  }
}

const phoneTexts: {readonly [Answer in PhoneAnswer]: string} = {
  approve: 'Approve',
  deny: 'Deny',
  fraud: 'Deny, and it was not me',
  wait: 'nobody touches it',
}

function screenOf(packet: Packet): string | undefined {
  const messages = replyMessages(packet)
  return messages.length === 0 ? undefined : messages.join('')
}

/** The proxy's own errands, such as asking the time, are left out. */
function isTold({path}: CloudCall): boolean {
  return /\/(preauth|auth|auth_status)$/.test(path)
}

const shownParameters = ['username', 'ipaddr', 'failmode', 'factor', 'prompt', 'async'] as const

function parameterLines({parameters}: CloudCall): string[] {
  return shownParameters.flatMap((name) => {
    const value = parameters[name]
    if (value === undefined) return []
    return [`${name} = ${name === 'prompt' && !/^[a-z_]+\d*$/.test(value) ? '*****' : value}`]
  })
}

function answerText(call: CloudCall): string {
  const response = responseOf(call)
  if (call.path.endsWith('/preauth') && response.result === 'auth')
    return 'auth: this user has a phone, here is the prompt'
  if ('txid' in response) return 'the request is on its way, ask for its result'
  return [response.result, response.status_msg].filter((part) => typeof part === 'string').join(': ')
}

function statusOf(call: CloudCall): unknown {
  return responseOf(call).status
}

function responseOf({answer}: CloudCall): Readonly<Record<string, unknown>> {
  if (typeof answer !== 'object' || answer === null || !('response' in answer)) return {}
  const {response} = answer
  return typeof response === 'object' && response !== null ? Object.fromEntries(Object.entries(response)) : {}
}
