import {X509Certificate} from 'node:crypto'
import {createServer, type Server, type Socket} from 'node:net'
import {createSecureContext, createServer as createTlsServer} from 'node:tls'
import {channelBinding} from '../ntlm/channel-binding.ts'
import type {World} from '../world.ts'
import {DirectoryConnection, type DirectoryEvent, type DirectoryFaults} from './directory-connection.ts'
import {type DirectoryContent, DirectoryTree} from './directory-entries.ts'

export type DirectoryOptions = {
  readonly content: DirectoryContent
  readonly host?: string
  /** 0, the default, takes a free one. */
  readonly port?: number
  /** PEM. With it there is LDAPS, and StartTLS on the clear port. */
  readonly certificate?: {readonly key: string; readonly cert: string}
  /** Refuses simple binds in clear, as a hardened domain controller does. */
  readonly requireProtection?: boolean
  /** Whether an NTLM login inside TLS must name our certificate, as newer domain controllers can be told; true. */
  readonly checkChannelBinding?: boolean
  /** Binds of this user are never broken by faults. */
  readonly serviceUser?: string
  readonly onEvent?: (event: DirectoryEvent) => void
}

export type FakeDirectory = {
  readonly host: string
  readonly port: number
  /** Undefined without a certificate. */
  readonly tlsPort: number | undefined
  readonly faults: DirectoryFaults
  /** Ends the connections that are open now; new ones are taken. */
  dropConnections(): void
  close(): Promise<void>
}

/** A small Active Directory in memory: binds with its error texts, searches with filters, StartTLS and LDAPS. */
export async function startFakeDirectory(options: DirectoryOptions, world: World): Promise<FakeDirectory> {
  const host = options.host ?? '127.0.0.1'
  const tree = new DirectoryTree(options.content)
  const context = options.certificate === undefined ? undefined : createSecureContext({...options.certificate})
  const faults: DirectoryFaults = {}
  const open = new Set<Socket>()
  const shared = {
    tree,
    faults,
    world,
    domain: options.content.domain,
    channelBinding: options.certificate && channelBinding(new X509Certificate(options.certificate.cert)),
    checkChannelBinding: options.checkChannelBinding ?? true,
    requireProtection: options.requireProtection ?? false,
    serviceUser: options.serviceUser,
    onEvent: options.onEvent ?? (() => {}),
  }

  const serve = (socket: Socket, isTls: boolean) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    options.onEvent?.({kind: 'connected', tls: isTls})
    new DirectoryConnection(socket, {...shared, context: isTls ? undefined : context, isTls})
  }

  const clear = createServer((socket) => serve(socket, false))
  const port = await listen(clear, options.port ?? 0, host)
  const secure =
    context === undefined ? undefined : createTlsServer({...options.certificate}, (socket) => serve(socket, true))
  const tlsPort = secure === undefined ? undefined : await listen(secure, 0, host)

  return {
    host,
    port,
    tlsPort,
    faults,
    dropConnections: () => {
      for (const stream of open) stream.destroy()
    },
    close: async () => {
      for (const stream of open) stream.destroy()
      await Promise.all([clear, secure].map(closed))
    },
  }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function closed(server: Server | undefined): Promise<void> {
  return new Promise((resolve) => (server === undefined ? resolve() : server.close(() => resolve())))
}
