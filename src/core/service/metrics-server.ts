import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import {Fault} from '../fault.ts'
import type {Readiness} from './health.ts'

export type MetricsServerOptions = {
  /** `metrics_listen`; there is no login, so a loopback address unless the administrator says otherwise. */
  readonly listen: {readonly host: string; readonly port: number}
  readonly metrics: {readonly contentType: string; readonly text: () => Promise<string>}
  readonly readiness: () => Readiness | Promise<Readiness>
}

export type MetricsServer = {
  /** The port that was bound, for port 0. */
  readonly port: number
  readonly close: () => Promise<void>
}

/** A collector and a few probes: more at once is somebody else. */
const MAX_CONNECTIONS = 32
const REQUEST_MS = 5000

/** @throws Fault bind-failed */
export async function serveMetrics(options: MetricsServerOptions): Promise<MetricsServer> {
  const {host, port} = options.listen
  const server = createServer(
    {
      maxHeaderSize: 8192,
      requestTimeout: REQUEST_MS,
      headersTimeout: REQUEST_MS,
      keepAliveTimeout: REQUEST_MS,
      connectionsCheckingInterval: REQUEST_MS,
    },
    (request, response) => void answer(request, response, options),
  )
  server.maxConnections = MAX_CONNECTIONS
  server.setTimeout(REQUEST_MS)
  server.on('clientError', (_error, socket) => socket.destroy())
  await listening(server, host, port)
  server.unref()
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  {metrics, readiness}: MetricsServerOptions,
): Promise<void> {
  request.resume()
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    return send(response, 405, 'text/plain', 'GET only\n')
  }
  switch (request.url?.split('?', 1)[0]) {
    case '/metrics': {
      const text = await metrics.text().catch(() => undefined)
      if (text === undefined) return send(response, 500, 'text/plain', 'the metrics could not be read\n')
      return send(response, 200, metrics.contentType, text)
    }
    // That this answers is the proof: the process takes turns.
    case '/livez':
      return send(response, 200, 'text/plain', 'alive\n')
    case '/readyz': {
      const {ready, reasons} = await readiness()
      return send(response, ready ? 200 : 503, 'application/json', `${JSON.stringify({ready, reasons})}\n`)
    }
    default:
      return send(response, 404, 'text/plain', '/metrics, /livez, /readyz\n')
  }
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  // For HEAD, Node leaves the body out.
  response.end(text)
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new Fault('bind-failed', `metrics_listen: cannot listen on ${host}:${port}: ${error.message}`, {cause: error}),
      )
    })
    server.listen(port, host, () => {
      server.removeAllListeners('error').on('error', () => {})
      resolve()
    })
  })
}
