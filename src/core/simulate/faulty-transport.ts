import type {World} from '../world.ts'
import type {Transport, TransportListener} from './transport.ts'

/** How often the network does each to a datagram, in either direction: 0 never, 1 always. */
export type NetworkFaults = {readonly drop: number; readonly duplicate: number; readonly reorder: number}

/** How long a datagram is held back that others shall overtake. */
const HELD_MS = 50

/** A network between the NAS and the server that loses, doubles and reorders datagrams. */
export function faultyTransport(inner: Transport, faults: NetworkFaults, world: World): Transport {
  const pass = (deliver: () => void): void => {
    if (chance(world, faults.drop)) return
    const times = chance(world, faults.duplicate) ? 2 : 1
    for (let time = 0; time < times; time++) {
      if (chance(world, faults.reorder)) world.after(HELD_MS, deliver)
      else deliver()
    }
  }
  return {
    send: (datagram) => pass(() => inner.send(datagram)),
    listen(listener: TransportListener) {
      inner.listen({received: (datagram) => pass(() => listener.received(datagram)), refused: listener.refused})
    },
    close: () => inner.close(),
  }
}

function chance(world: World, probability: number): boolean {
  return probability > 0 && world.randomBytes(4).readUInt32BE(0) < probability * 2 ** 32
}
