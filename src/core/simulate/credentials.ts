import {chapPassword} from '../radius/chap.ts'
import {attributeType, type Packet} from '../radius/packet.ts'
import type {SharedKey} from '../radius/shared-key.ts'
import type {Secret} from '../secret.ts'
import type {World} from '../world.ts'
import {MsChap2Login} from './ms-chap2-login.ts'
import {type Credentials, papCredentials} from './nas-request.ts'

export const loginMethods = ['pap', 'chap', 'mschapv2'] as const
export type LoginMethod = (typeof loginMethods)[number]

/** How the password of the first round travels; a challenge is answered with User-Password whatever the method. */
export type FirstProof = {
  /** Undefined when this password cannot be sent. */
  readonly credentials: Credentials | undefined
  /** What keeps the NAS from believing an Accept; `authenticator` is that of the request it answers. */
  readonly problemOf: (accept: Packet, authenticator: Buffer, key: SharedKey) => string | undefined
}

const believesAny = () => undefined

export const proofMakers: {
  readonly [Method in LoginMethod]: (userName: string, password: Secret, world: World) => FirstProof
} = {
  pap: (_userName, password) => ({
    credentials: papCredentials(Buffer.from(password.reveal(), 'utf8')),
    problemOf: believesAny,
  }),

  chap: (_userName, password, world) => {
    const challenge = world.randomBytes(16)
    const identifier = world.randomBytes(1)[0] ?? 0
    const value = chapPassword(identifier, Buffer.from(password.reveal(), 'utf8'), challenge)
    const attributes = [
      {type: attributeType.chapPassword, value},
      {type: attributeType.chapChallenge, value: challenge},
    ]
    return {credentials: () => attributes, problemOf: believesAny}
  },

  mschapv2: (userName, password, world) => proofOf(MsChap2Login.withPassword(userName, password.reveal(), world)),
}

/** Changes an expired password, as a refusal with MS-CHAP-Error 648 invites to. */
export function changeProof(
  userName: string,
  passwords: {readonly old: Secret; readonly new: Secret},
  refusal: Packet | undefined,
  world: World,
): FirstProof {
  const revealed = {old: passwords.old.reveal(), new: passwords.new.reveal()}
  return proofOf(MsChap2Login.withNewPassword(userName, revealed, refusal, world))
}

function proofOf(login: MsChap2Login): FirstProof {
  return {
    credentials: () => login.attributes,
    problemOf: (accept, authenticator, key) => login.problemOf(accept, authenticator, key),
  }
}
