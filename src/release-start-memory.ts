import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'

/**
 * Gives back what the start left behind, 8 of 94 MB: V8 collects by itself only when more is asked for. Takes some 30 ms,
 * once. V8 shows its collector only where a flag asks for it; the context it is taken from sees nothing else.
 * From then on old objects are collected when they have grown by two fifths, where V8 waits for nearly twice as many
 * (docs/decisions/0072-memory.md), and none is made old when it is made (docs/decisions/0074-young-logins.md).
 */
export function releaseStartMemory(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect({type: 'major', flavor: 'last-resort'})
  setFlagsFromString('--no-expose-gc')
  setFlagsFromString('--heap-growing-percent=40')
  setFlagsFromString('--no-allocation-site-pretenuring')
}
