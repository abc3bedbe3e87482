import type {ChapResponse, PrimaryResult} from '../login/primary-authenticator.ts'

/** CHAP and MS-CHAPv2 prove a password without telling it, and a directory checks nothing but passwords it is told. */
export function methodNotSupported(kind: ChapResponse['kind'], section: string): PrimaryResult {
  const method = kind === 'chap' ? 'CHAP' : 'MS-CHAPv2'
  return {
    kind: 'reject',
    message: `This server cannot check ${method} passwords`,
    reason: 'method-not-supported',
    detail: `the NAS sends ${method}, which [${section}] cannot check: set the NAS to PAP, or check with a [radius_client]`,
    attributes: [],
  }
}
