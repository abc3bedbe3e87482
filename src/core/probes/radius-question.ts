import {createSocket} from 'node:dgram'
import {isIPv6} from 'node:net'
import type {Packet} from '../radius/packet.ts'
import type {SharedKey} from '../radius/shared-key.ts'
import {encodeRequest} from '../radius/sign.ts'
import {type VerifiedReply, verifyReply} from '../radius/verify.ts'
import {pause, type World} from '../world.ts'
import {errorCode} from './network-steps.ts'

/** One request sent to one server and what came back; a reply that does not verify is told, not dropped. */
export type RadiusAnswer =
  | {readonly kind: 'reply'; readonly reply: Extract<VerifiedReply, {ok: true}>}
  | {readonly kind: 'unverified'; readonly reason: string}
  | {readonly kind: 'silent'}
  /** The network said that nobody listens there, or that there is no way. */
  | {readonly kind: 'refused'; readonly code: string}

export type RadiusQuestion = {
  readonly address: string
  readonly port: number
  readonly request: Packet
  readonly key: SharedKey
  readonly signed: boolean
  /** How often it is sent at most, and how long each time is waited. */
  readonly sends: number
  readonly waitMs: number
}

/** Never rejects. From a port of its own, connected, so that the network's refusals are heard. */
export function askRadius(question: RadiusQuestion, world: World, signal: AbortSignal): Promise<RadiusAnswer> {
  const {address, port, request, key, signed, sends, waitMs} = question
  const encoded = encodeRequest(request, key, {messageAuthenticator: signed})
  if (!encoded.ok) return Promise.resolve({kind: 'unverified', reason: encoded.reason})
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  const done = new AbortController()
  return new Promise((resolve) => {
    const settle = (answer: RadiusAnswer) => {
      if (done.signal.aborted) return
      done.abort()
      socket.close()
      resolve(answer)
    }
    const send = async () => {
      const limit = AbortSignal.any([signal, done.signal])
      for (let sent = 0; sent < sends && !limit.aborted; sent++) {
        socket.send(encoded.datagram, (error) => error && settle({kind: 'refused', code: errorCode(error)}))
        await pause(world, waitMs, limit)
      }
      settle({kind: 'silent'})
    }
    socket.on('error', (error) => settle({kind: 'refused', code: errorCode(error)}))
    socket.on('message', (datagram) => {
      const reply = verifyReply(datagram, request, key)
      if (reply.ok) settle({kind: 'reply', reply})
      else if (reply.reason !== 'other-identifier') settle({kind: 'unverified', reason: reply.reason})
    })
    socket.connect(port, address, () => void send())
  })
}
