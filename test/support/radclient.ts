import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {text} from 'node:stream/consumers'

/** One request of FreeRADIUS' radclient, sent once; it checks the authenticators of the reply with code that is not ours. */
export async function radclient(
  port: number,
  command: 'auth' | 'status',
  sharedSecret: string,
  attributes: readonly string[],
  timeoutS = 10,
): Promise<{output: string; exitCode: unknown}> {
  const args = ['-x', '-t', String(timeoutS), '-r', '1', `127.0.0.1:${port}`, command, sharedSecret]
  const child = spawn('radclient', args, {stdio: ['pipe', 'pipe', 'pipe']})
  child.stdin.end(`${attributes.join('\n')}\n`)
  const [output, errors, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return {output: output + errors, exitCode}
}
