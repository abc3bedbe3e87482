import type {Transport, TransportListener} from '../../src/core/simulate/transport.ts'

export type LoopbackServer = {
  readonly transport: Transport
  /** Every datagram that was sent, in order. */
  readonly sent: Buffer[]
  readonly reply: (datagram: Buffer) => void
  readonly refuse: (cause: string) => void
  closed: boolean
}

/** A server in memory: `answer` gives the reply to each datagram, or none. */
export function loopbackServer(
  answer: (datagram: Buffer, sends: number) => Buffer | undefined = () => undefined,
): LoopbackServer {
  let listener: TransportListener | undefined
  const sent: Buffer[] = []
  const server: LoopbackServer = {
    sent,
    closed: false,
    reply: (datagram) => listener?.received(datagram),
    refuse: (cause) => listener?.refused(cause),
    transport: {
      send(datagram) {
        sent.push(Buffer.from(datagram))
        const reply = answer(datagram, sent.length)
        if (reply !== undefined) listener?.received(reply)
      },
      listen(added) {
        listener = added
      },
      async close() {
        server.closed = true
      },
    },
  }
  return server
}
