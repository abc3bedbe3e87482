import {findAttribute, vendorAttribute} from '../radius/dictionary-lookup.ts'
import {type Attribute, type Packet, packetCode} from '../radius/packet.ts'
import {revealFromHop} from '../radius/pass-through.ts'
import type {SharedKey} from '../radius/shared-key.ts'
import type {World} from '../world.ts'
import {
  authenticatorResponse,
  type Challenges,
  encryptedHash,
  encryptedPassword,
  mppeKeys,
  msChap2Response,
  ntResponse,
} from './ms-chap2.ts'

const MICROSOFT = 311
const PIECE_OCTETS = 243
const CHANGE_CODE = 7
const ENC_PW_CODE = 6

/** The NAS's and the user's side of an MS-CHAPv2 login: what is sent, and whether what comes back is worth anything. */
export class MsChap2Login {
  readonly attributes: readonly Attribute[]
  readonly #userName: string
  readonly #password: string
  readonly #identifier: number
  readonly #challenges: Challenges
  readonly #response: Buffer

  private constructor(
    userName: string,
    password: string,
    identifier: number,
    challenges: Challenges,
    proof: (response: Buffer) => readonly Attribute[],
  ) {
    this.#userName = userName
    this.#password = password
    this.#identifier = identifier
    this.#challenges = challenges
    this.#response = ntResponse(userName, password, challenges.authenticator, challenges.peer)
    this.attributes = [microsoft(11, challenges.authenticator), ...proof(this.#response)]
  }

  static withPassword(userName: string, password: string, world: World, identifier = 0): MsChap2Login {
    const [authenticator, peer] = [world.randomBytes(16), world.randomBytes(16)]
    const value = msChap2Response(identifier, userName, password, authenticator, peer)
    return new MsChap2Login(userName, password, identifier, {authenticator, peer}, () => [microsoft(25, value)])
  }

  /**
   * Changes an expired password (RFC 2759 7). The response is to the challenge of the refusal, when it has one.
   */
  static withNewPassword(
    userName: string,
    passwords: {readonly old: string; readonly new: string},
    refusal: Packet | undefined,
    world: World,
    identifier = 0,
  ): MsChap2Login {
    const peer = world.randomBytes(16)
    const error = refusal && findAttribute(refusal.attributes, 'MS-CHAP-Error')?.value.toString('latin1')
    const [, given] = /C=([0-9A-Fa-f]{32})/.exec(error ?? '') ?? []
    const authenticator = given === undefined ? world.randomBytes(16) : Buffer.from(given, 'hex')
    const hash = encryptedHash(passwords.old, passwords.new)
    const encrypted = encryptedPassword(passwords.new, passwords.old, world.randomBytes(512))
    return new MsChap2Login(userName, passwords.new, identifier, {authenticator, peer}, (response) => [
      microsoft(
        27,
        Buffer.concat([Buffer.of(CHANGE_CODE, identifier), hash, peer, Buffer.alloc(8), response, Buffer.alloc(2)]),
      ),
      ...pieces(encrypted, identifier),
    ])
  }

  /**
   * What is wrong with an Accept, or undefined: without a right MS-CHAP2-Success the server may not know the password
   * (RFC 2759 5), and with other keys than the user's the link would not work.
   * @param authenticator the Request Authenticator of the request it answers.
   */
  problemOf(accept: Packet, authenticator: Buffer, key: SharedKey): string | undefined {
    if (accept.code !== packetCode.accessAccept) return undefined
    const success = findAttribute(accept.attributes, 'MS-CHAP2-Success')?.value
    const proof = authenticatorResponse(this.#userName, this.#password, this.#response, this.#challenges)
    const expected = Buffer.concat([Buffer.of(this.#identifier), Buffer.from(proof, 'latin1')])
    if (success === undefined) return 'the Accept has no MS-CHAP2-Success'
    // A message may follow the proof (RFC 2759 5).
    if (!success.subarray(0, expected.length).equals(expected)) return 'the MS-CHAP2-Success proves nothing'
    const revealed = revealFromHop(accept.attributes, authenticator, key)
    const own = mppeKeys(this.#password, this.#response)
    for (const [name, value] of [
      ['MS-MPPE-Send-Key', own.send],
      ['MS-MPPE-Recv-Key', own.receive],
    ] as const) {
      const hidden = findAttribute(accept.attributes, name)
      if (hidden !== undefined && !findAttribute(revealed, name)?.value.equals(value)) {
        return `the ${name} is not the user's`
      }
    }
    return undefined
  }
}

/** 516 octets in attributes of at most 247: Code, Ident, number of the piece (RFC 2548 2.1.7). */
function pieces(encrypted: Buffer, identifier: number): Attribute[] {
  const attributes: Attribute[] = []
  for (let at = 0; at < encrypted.length; at += PIECE_OCTETS) {
    const head = Buffer.from([ENC_PW_CODE, identifier, 0, attributes.length + 1])
    attributes.push(microsoft(6, Buffer.concat([head, encrypted.subarray(at, at + PIECE_OCTETS)])))
  }
  return attributes
}

function microsoft(type: number, value: Buffer): Attribute {
  return vendorAttribute(MICROSOFT, type, value)
}
