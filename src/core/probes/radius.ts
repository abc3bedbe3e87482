import type {SectionOf} from '../config/schema.ts'
import {formatEndpoint, parseAddress} from '../network.ts'
import {outboundAddress} from '../radius/client-outbound.ts'
import {encodeValue} from '../radius/dictionary-value.ts'
import {type Attribute, attributeType, type Packet, packetCode} from '../radius/packet.ts'
import {hidePassword} from '../radius/password.ts'
import {sharedKey} from '../radius/shared-key.ts'
import {needsLookup, probeName} from './network-steps.ts'
import {failed, ok, type ProbeResult, skipped, warning} from './probe.ts'
import type {ProbeContext} from './probe-context.ts'
import type {ProbeCollector} from './probe-list.ts'
import {askRadius, type RadiusAnswer} from './radius-question.ts'

const AUTHENTICATOR_OCTETS = 16
/** A server that is there answers in milliseconds. */
const SENDS = 2
const WAIT_MS = 1500
/** Nobody's name; its reject proves as much as an accept. */
const MADE_UP_USER = 'authproxy-connectivity-check'
const DEFAULT_PORT = 1812

/** Each server of a [radius_client]: whether it is there, knows us, and shares the secret. */
export function addRadiusProbes(
  section: SectionOf<'radius_client'>,
  collector: ProbeCollector,
  context: ProbeContext,
): void {
  const {name, options} = section
  const key = sharedKey(options.secret)
  for (const [index, host] of options.host.entries()) {
    const port = options.port[index] ?? DEFAULT_PORT
    const target = formatEndpoint({address: host, port})
    const at = {section: name, target}
    let answersStatus = false
    const dns = needsLookup(host)
      ? collector.add({...at, target: host, check: 'dns', run: (signal) => probeName(host, context.lookup, signal)})
      : undefined
    const status = collector.add({
      ...at,
      check: 'status-server',
      needs: [dns],
      async run(signal) {
        const answer = await ask(packetCode.statusServer, async () => [], true, signal)
        answersStatus = answer.kind === 'reply'
        return statusResult(answer, target)
      },
    })
    collector.add({
      ...at,
      check: 'access-request',
      needs: [status],
      async run(signal) {
        if (answersStatus && context.radiusUser === undefined) {
          return skipped('Status-Server was answered; --radius-user NAME tries a login all the same')
        }
        const userName = context.radiusUser ?? MADE_UP_USER
        const signed = await ask(packetCode.accessRequest, attributesFor(userName), true, signal)
        if (signed.kind !== 'silent') return loginResult(signed, userName, target)
        // A server with another secret drops what it cannot verify, and answers what it need not verify.
        const unsigned = await ask(packetCode.accessRequest, attributesFor(userName), false, signal)
        if (unsigned.kind !== 'silent') return loginResult(unsigned, userName, target)
        return failed(
          `${target} answers neither Status-Server nor Access-Request`,
          `let UDP ${port} through to it, add ${await ownAddress()} to its clients, and compare the secret: servers stay silent to strangers and to a wrong secret`,
        )
      },
    })

    async function ask(
      code: number,
      attributes: (authenticator: Buffer) => Promise<readonly Attribute[]>,
      signed: boolean,
      signal: AbortSignal,
    ): Promise<RadiusAnswer> {
      const [address] = parseAddress(host) === undefined ? await context.lookup(host) : [host]
      if (address === undefined) return {kind: 'refused', code: 'ENOTFOUND'}
      const {world} = context
      const authenticator = world.randomBytes(AUTHENTICATOR_OCTETS)
      const identifier = world.randomBytes(1)[0] ?? 0
      const nas = await nasAddress(address)
      const request: Packet = {
        code,
        identifier,
        authenticator,
        attributes: [...nas, ...(await attributes(authenticator))],
      }
      return askRadius({address, port, request, key, signed, sends: SENDS, waitMs: WAIT_MS}, world, signal)
    }

    function attributesFor(userName: string) {
      return async (authenticator: Buffer): Promise<readonly Attribute[]> => {
        const password = context.world.randomBytes(12).toString('base64url')
        const hidden = hidePassword(Buffer.from(password, 'latin1'), authenticator, key) ?? Buffer.alloc(16)
        return [
          {type: attributeType.userName, value: Buffer.from(userName, 'utf8')},
          {type: attributeType.userPassword, value: hidden},
        ]
      }
    }

    async function nasAddress(to: string): Promise<Attribute[]> {
      const own = options.nas_ip ?? (await outboundAddress({address: to, port}))
      if (own === undefined) return []
      const nas = encodeValue(own.includes(':') ? 'NAS-IPv6-Address' : 'NAS-IP-Address', own)
      return nas.ok ? [nas.attribute] : []
    }

    async function ownAddress(): Promise<string> {
      const [address] = parseAddress(host) === undefined ? await context.lookup(host) : [host]
      return (address && (await outboundAddress({address, port}))) ?? "this machine's address"
    }
  }
}

function statusResult(answer: RadiusAnswer, target: string): ProbeResult {
  if (answer.kind === 'reply') return ok('answers Status-Server, and shares the secret')
  if (answer.kind === 'silent') {
    return warning(
      `${target} does not answer Status-Server, as many servers do not`,
      'see "access-request"; with Status-Server a dead server costs no login any time',
    )
  }
  return troubled(answer, target)
}

function loginResult(answer: Exclude<RadiusAnswer, {kind: 'silent'}>, userName: string, target: string): ProbeResult {
  if (answer.kind !== 'reply') return troubled(answer, target)
  const {packet, messageAuthenticator} = answer.reply
  const isSigned = messageAuthenticator === 'valid'
  const signature = isSigned ? 'with Message-Authenticator' : 'without Message-Authenticator'
  if (packet.code === packetCode.accessAccept) {
    return warning(
      `${target} accepts "${userName}" with a made-up password (${signature})`,
      'find out why: a server that accepts everybody leaves the second factor alone',
    )
  }
  const seen = `${packet.code === packetCode.accessChallenge ? 'asks' : 'rejects'} "${userName}", as it should; its answer is ${signature}`
  if (isSigned) return ok(seen)
  return warning(
    seen,
    'update the server or switch Message-Authenticator on: without it answers can be forged (CVE-2024-3596)',
  )
}

function troubled(answer: Extract<RadiusAnswer, {kind: 'unverified' | 'refused'}>, target: string): ProbeResult {
  if (answer.kind === 'refused') {
    return answer.code === 'ECONNREFUSED'
      ? failed(`nobody listens on ${target} (${answer.code})`, 'check host and port, and that the server runs')
      : failed(
          `${target} cannot be reached (${answer.code})`,
          "check this machine's routes, and the firewalls on the way",
        )
  }
  if (answer.reason === 'bad-response-authenticator' || answer.reason === 'message-authenticator-wrong') {
    return failed(
      `${target} answers, but with another shared secret (${answer.reason})`,
      "make secret the same as the server's for this client, character by character",
    )
  }
  return failed(
    `${target} answers what is no valid packet (${answer.reason})`,
    'check that a RADIUS server listens there',
  )
}
