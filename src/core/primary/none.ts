import type {PrimaryAuthenticator} from '../login/primary-authenticator.ts'
import {methodNotSupported} from './method-not-supported.ts'

/**
 * `[duo_only_client]`: the NAS has checked the password, or nobody does; the second factor alone decides. A NAS that uses
 * CHAP or MS-CHAPv2 wants proof that the server knows the password as well, and there is none to give.
 */
export function createNoPrimary(section: string): PrimaryAuthenticator {
  return {
    asksNobody: true,
    authenticate: async ({credentials}) =>
      credentials.kind === 'password'
        ? {kind: 'accept', message: 'Ignoring primary credentials', attributes: []}
        : methodNotSupported(credentials.kind, section),
    close: async () => {},
  }
}
