import {createServer} from 'node:net'
import {errorCode} from './network-steps.ts'
import {failed, ok, type ProbeResult, warning} from './probe.ts'
import type {ProbeContext} from './probe-context.ts'

/** Whether the port of `metrics_listen` can be bound; the running proxy of this configuration holds it itself. */
export async function probeMetricsPort(
  {host, port}: {readonly host: string; readonly port: number},
  {ownService}: ProbeContext,
): Promise<ProbeResult> {
  const code = await bindProblem(host, port)
  if (code === undefined) return ok('can be bound')
  if (code === 'EADDRINUSE') {
    const own = await ownService()
    if (own === 'not-allowed') return ok('held, most likely by the running authproxy, which only root may ask')
    if (own !== undefined) return ok(`held by the running authproxy (pid ${own.pid})`)
    return failed(
      `another process holds TCP ${host} port ${port}`,
      `see which one: ss -ltnp "sport = :${port}"; then change metrics_listen`,
    )
  }
  if (code === 'EADDRNOTAVAIL')
    return failed(`no interface of this machine has ${host}`, 'name an address of this machine in metrics_listen')
  return warning(`cannot be bound (${code})`, 'ports below 1024 need a privilege; choose a higher one')
}

function bindProblem(host: string, port: number): Promise<string | undefined> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(errorCode(error)))
    server.listen({host, port, exclusive: true}, () => server.close(() => resolve(undefined)))
  })
}
