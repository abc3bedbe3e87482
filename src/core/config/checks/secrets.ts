import {Secret} from '../../secret.ts'
import type {Report} from '../diagnostic.ts'
import {type Draft, type Given, givenSite} from '../draft.ts'
import {referenceIn} from '../references.ts'
import {isSecret} from '../schema/option.ts'
import type {Whole} from '../whole.ts'

/** Secrets which stand in guides, samples and the lists that attackers try first. */
const wellKnown = new Set(
  [
    'password password1 passw0rd password123 secret secret1 radius radius1 radiussecret radiussecret1 radiussecret2',
    'radiusclientsecret sharedsecret shared testing testing123 test test123 changeme changeit letmein admin cisco duo',
    'duosecret vpnsecret 12345678 123456789 1234567890 qwerty qwertyuiop abc123 xyzzy xyzzy5461 mysecret supersecret',
    'ivanti pulsesecure juniper fortinet paloalto citrix welcome welcome1 default secretkey your_secret yoursecret',
  ]
    .join(' ')
    .split(' '),
)

const SHARED_SECRET_LENGTH = 16
const STATE_KEY_LENGTH = 32

/** Secrets that are weak, used twice, or open to every user of the machine. */
export function checkSecrets(whole: Whole, report: Report): void {
  // By the text of the secret: the map ends with this check.
  const firstUse = new Map<string, Given>()
  for (const draft of [whole.main, ...whole.sections]) {
    for (const given of draft.given) {
      if (!(given.value instanceof Secret)) continue
      checkStrength(draft, given, given.value, report)
      if (isRadiusSecret(given)) checkReuse(draft, given, given.value, firstUse, report)
    }
  }
  checkMode(whole, report)
}

function checkStrength(draft: Draft, given: Given, secret: Secret, report: Report): void {
  const site = givenSite(draft, given.entry)
  const key = given.entry.key
  const wanted = isStateKey(given) ? STATE_KEY_LENGTH : isRadiusSecret(given) ? SHARED_SECRET_LENGTH : 0
  const text = secret.reveal()
  if (wellKnown.has(text.toLowerCase())) report('defaultSecret', site, {key})
  else if (text.length < wanted) report('shortSecret', site, {key, length: text.length, wanted})
}

function checkReuse(draft: Draft, given: Given, secret: Secret, firstUse: Map<string, Given>, report: Report): void {
  const first = firstUse.get(secret.reveal())
  if (first === undefined) firstUse.set(secret.reveal(), given)
  else {
    const fields = {key: given.entry.key, other: first.entry.key, otherLine: first.entry.at.line}
    report('reusedSecret', givenSite(draft, given.entry), fields)
  }
}

function checkMode({path, mode, main, sections, context}: Whole, report: Report): void {
  if (mode === undefined || context.platform === 'win32' || (mode & 0o004) === 0) return
  const holdsPlain = [main, ...sections].some((draft) => draft.given.some((given) => isPlain(given, context.platform)))
  if (!holdsPlain) return
  report('readableByOthers', {line: 1, column: 1}, {path, mode: (mode & 0o777).toString(8).padStart(4, '0')})
}

function isPlain({spec, isProtected, entry}: Given, platform: string): boolean {
  return isSecret(spec) && !isProtected && referenceIn(entry.value, platform) === undefined
}

function isRadiusSecret({option}: Given): boolean {
  return option === 'radius_secret' || option === 'secret'
}

function isStateKey({option}: Given): boolean {
  return option === 'state_key' || option === 'state_key_previous'
}
