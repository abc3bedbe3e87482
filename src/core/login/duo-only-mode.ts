import {answerChallenge} from './answer-challenge.ts'
import {primaryOnly} from './ask-factor.ts'
import {directFactor} from './direct-factor.ts'
import {exemptUser} from './exempt-user.ts'
import {joinRetries} from './join-retries.ts'
import {reject, type Step} from './login.ts'
import type {LoginParts} from './parts.ts'
import type {CarriedAttribute} from './primary-authenticator.ts'
import {texts} from './texts.ts'

/** [radius_server_duo_only]: the NAS checks the password elsewhere; what the user types here is a factor or a passcode. */
export function duoOnlyMode(parts: LoginParts): readonly Step[] {
  const steps = [
    takeChoice,
    exemptUser(parts),
    primaryOnly(parts),
    directFactor(parts, {factors: [], groupAttributes: classOfGroup}),
  ]
  return [answerChallenge(parts, []), joinRetries(parts, steps)]
}

const takeChoice: Step = async ({password, facts}) => {
  if (password === undefined || password.isEmpty) {
    return reject(texts.noPasswordProvided, {reason: 'bad-request', stage: 'Unknown'})
  }
  facts.choice = password.reveal()
  return undefined
}

const CLASS = 25
const MAX_CLASS_OCTETS = 253

/** "OU=vpn-users;", which an ASA reads as the name of a group policy. Half a name would be another group's. */
function classOfGroup([group]: readonly string[]): readonly CarriedAttribute[] {
  if (group === undefined) return []
  const value = Buffer.from(`OU=${group};`, 'utf8')
  return value.length > MAX_CLASS_OCTETS ? [] : [{type: CLASS, value}]
}
