import type {Endpoint} from '../radius/packet.ts'
import type {Secret} from '../secret.ts'
import type {World} from '../world.ts'
import type {Stage} from './scenario-stage.ts'
import {openUdpTransport, type Transport} from './transport.ts'

export type LiveStagePlan = {
  readonly server: Endpoint
  readonly secret: Secret
  readonly world: World
  readonly patienceMs: number
}

/** How long a real server must say nothing to be called silent. */
const SILENCE_MS = 1000

/** A stage with a real server: only the NAS's side of a scenario is played, and time is real. */
export function openLiveStage({server, secret, world, patienceMs}: LiveStagePlan): Stage {
  const ports = new Map<string, Promise<Port>>()

  /** Each source of the scenario becomes a port of this machine: the addresses cannot be had, the difference can. */
  async function open(): Promise<Port> {
    const transport = await openUdpTransport(server)
    const waiting = new Map<number, (datagram: Buffer) => void>()
    transport.listen({
      received: (datagram) => waiting.get(datagram[1] ?? -1)?.(datagram),
      refused: () => {},
    })
    return {transport, waiting}
  }

  return {
    send(datagram, from, reply) {
      const name = `${from.address} ${from.port}`
      const port = ports.get(name) ?? open()
      ports.set(name, port)
      port.then(
        ({transport, waiting}) => {
          waiting.set(datagram[1] ?? -1, reply)
          transport.send(datagram)
        },
        // The step that waits for the reply says that none came.
        () => {},
      )
    },
    wait: (ms) => new Promise((resolve) => void world.after(ms, resolve)),
    secret: Buffer.from(secret.reveal(), 'utf8'),
    patienceMs,
    silenceMs: SILENCE_MS,
    inside: undefined,
    async close() {
      for (const port of await Promise.allSettled(ports.values())) {
        if (port.status === 'fulfilled') await port.value.transport.close()
      }
    },
  }
}

type Port = {readonly transport: Transport; readonly waiting: Map<number, (datagram: Buffer) => void>}
