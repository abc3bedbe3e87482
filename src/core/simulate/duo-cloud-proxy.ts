import {once} from 'node:events'
import {createServer} from 'node:http'
import {connect, type Socket} from 'node:net'

export type ConnectProxyOptions = {
  /** When given, a CONNECT without exactly these is answered 407. */
  readonly credentials?: {readonly userName: string; readonly password: string}
  /** Answers every CONNECT with this status instead of a tunnel; 0 never answers. */
  readonly refuseWith?: number
}

/** An HTTP proxy on loopback that opens tunnels (CONNECT, RFC 9110 9.3.6) and nothing else. */
export type ConnectProxy = {
  readonly host: string
  readonly port: number
  /** The targets asked for, in order, with the status each got. */
  readonly tunnels: readonly {readonly target: string; readonly status: number}[]
  close(): Promise<void>
}

export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const tunnels: {target: string; status: number}[] = []
  const sockets = new Set<Socket>()
  const wanted = options.credentials
  const authorization =
    wanted === undefined
      ? undefined
      : `Basic ${Buffer.from(`${wanted.userName}:${wanted.password}`, 'utf8').toString('base64')}`

  const server = createServer((_request, response) => {
    response.writeHead(405)
    response.end()
  })
  server.on('connection', (socket: Socket) => keep(socket))
  server.on('connect', (request, client, head) => {
    const target = request.url ?? ''
    const denied = authorization !== undefined && request.headers['proxy-authorization'] !== authorization
    const status = options.refuseWith ?? (denied ? 407 : 200)
    tunnels.push({target, status})
    client.on('error', () => client.destroy())
    if (status === 0) return
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} Refused\r\nProxy-Authenticate: Basic realm="proxy"\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const {hostname, port} = new URL(`http://${target}`)
    const upstream = connect({host: hostname.replace(/^\[|\]$/g, ''), port: Number(port)}, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(client)
      client.pipe(upstream)
    })
    keep(upstream)
    upstream.on('error', () => client.destroy())
    upstream.on('close', () => client.destroy())
    client.on('close', () => upstream.destroy())
  })
  function keep(socket: Socket): void {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    host: '127.0.0.1',
    port: typeof address === 'object' && address !== null ? address.port : 0,
    tunnels,
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
