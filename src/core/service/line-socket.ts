import type {Socket} from 'node:net'

export type LineRead =
  | {readonly ok: true; readonly line: string}
  | {readonly ok: false; readonly reason: 'too-long' | 'closed' | 'aborted'}

/** Reads one line, up to its line feed, from a peer that may send anything or nothing. */
export function readLine(socket: Socket, maxOctets: number, signal: AbortSignal): Promise<LineRead> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let octets = 0

    function finish(read: LineRead): void {
      socket.off('data', onData).off('close', onClose).off('end', onClose)
      signal.removeEventListener('abort', onAbort)
      resolve(read)
    }
    const onClose = () => finish({ok: false, reason: 'closed'})
    const onAbort = () => finish({ok: false, reason: 'aborted'})
    const onData = (chunk: Buffer) => {
      const end = chunk.indexOf(0x0a)
      octets += end === -1 ? chunk.length : end
      if (octets > maxOctets) return finish({ok: false, reason: 'too-long'})
      chunks.push(end === -1 ? chunk : chunk.subarray(0, end))
      if (end !== -1) finish({ok: true, line: Buffer.concat(chunks).toString('utf8')})
    }

    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, {once: true})
    socket.on('data', onData).on('close', onClose).on('end', onClose)
  })
}
