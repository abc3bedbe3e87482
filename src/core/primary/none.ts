import type {PrimaryAuthenticator} from '../login/primary-authenticator.ts'

/** `[duo_only_client]`: the NAS has checked the password, or nobody does; the second factor alone decides. */
export const noPrimary: PrimaryAuthenticator = {
  authenticate: async () => ({kind: 'accept', message: 'Ignoring primary credentials', attributes: []}),
  close: async () => {},
}
