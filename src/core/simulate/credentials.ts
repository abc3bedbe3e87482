import {chapPassword} from '../radius/chap.ts'
import {vendorAttribute} from '../radius/dictionary-lookup.ts'
import {attributeType} from '../radius/packet.ts'
import {msChap2Response} from './ms-chap2.ts'
import {type CredentialMaker, papCredentials} from './nas-request.ts'

export const loginMethods = ['pap', 'chap', 'mschapv2'] as const
export type LoginMethod = (typeof loginMethods)[number]

const MICROSOFT = 311
const MS_CHAP_CHALLENGE = 11
const MS_CHAP2_RESPONSE = 25

/** How the password of the first round travels; a challenge is answered with User-Password whatever the method. */
export const credentialMakers: {readonly [Method in LoginMethod]: CredentialMaker} = {
  pap: (_userName, password) => papCredentials(Buffer.from(password.reveal(), 'utf8')),

  chap: (_userName, password, world) => {
    const challenge = world.randomBytes(16)
    const identifier = world.randomBytes(1)[0] ?? 0
    const value = chapPassword(identifier, Buffer.from(password.reveal(), 'utf8'), challenge)
    return () => [
      {type: attributeType.chapPassword, value},
      {type: attributeType.chapChallenge, value: challenge},
    ]
  },

  mschapv2: (userName, password, world) => {
    const challenge = world.randomBytes(16)
    const response = msChap2Response(0, userName, password.reveal(), challenge, world.randomBytes(16))
    return () => [
      vendorAttribute(MICROSOFT, MS_CHAP_CHALLENGE, challenge),
      vendorAttribute(MICROSOFT, MS_CHAP2_RESPONSE, response),
    ]
  },
}
