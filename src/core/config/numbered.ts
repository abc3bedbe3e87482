import {Secret} from '../secret.ts'
import type {Report} from './diagnostic.ts'
import {type Given, keySite, type LooseDraft, type LooseOptions} from './draft.ts'
import {keyText} from './option-names.ts'
import type {ClientEntry, OptionSpec} from './schema/option.ts'
import {optionsOf, sectionSpec} from './schema.ts'
import type {OptionValue} from './values.ts'

/** Puts numbered options into lists, and reports gaps and missing partners. */
export function collectOptions(draft: LooseDraft, report: Report): LooseOptions {
  const options: LooseOptions = {}
  const lists = new Map<string, readonly Given[]>()
  for (const [option, spec] of optionsOf(draft.kind)) {
    const given = draft.given.filter((g) => g.option === option).sort((a, b) => (a.number ?? 0) - (b.number ?? 0))
    if (spec.follows !== undefined) continue
    if (spec.numbered === undefined) options[option] = given[0]?.value
    else if (spec.numbered === 'paired') {
      if (spec.type === 'network') options[option] = pairs(draft, spec, given, report)
      else reportUnpaired(draft, given, spec.partner ?? '', report)
    } else {
      const used = spec.numbered === 'sorted' ? given : withoutGap(draft, option, spec, given, report)
      lists.set(option, used)
      options[option] = used.flatMap(({value}) => (typeof value === 'string' ? [value] : []))
    }
  }
  for (const [option, spec] of optionsOf(draft.kind)) {
    if (spec.follows === undefined) continue
    options[option] = following(draft, option, spec, lists.get(spec.follows) ?? [], report)
  }
  return options
}

function withoutGap(
  draft: LooseDraft,
  option: string,
  spec: OptionSpec,
  given: readonly Given[],
  report: Report,
): Given[] {
  const used: Given[] = []
  for (const g of given) {
    const expected = used.length + 1
    if (g.number === expected) used.push(g)
    else report('numberGap', keySite(draft, g.entry), {key: g.entry.key, missing: keyText(option, spec, expected)})
  }
  return used
}

/** One value for each number that the other option has. */
function following(
  draft: LooseDraft,
  option: string,
  spec: OptionSpec,
  leaders: readonly Given[],
  report: Report,
): readonly number[] {
  const own = draft.given.filter((g) => g.option === option)
  for (const {number, entry} of own) {
    if (leaders.some((leader) => leader.number === number)) continue
    const leaderSpec = sectionSpec(draft.kind).options[spec.follows ?? '']
    const missing = leaderSpec === undefined ? '' : keyText(spec.follows ?? '', leaderSpec, number)
    const condition = `there is no ${missing} that has an effect`
    report('ineffectiveOption', keySite(draft, entry), {key: entry.key, condition, section: draft.name})
  }
  return leaders.flatMap(({number}) => {
    const g = own.find((candidate) => candidate.number === number)
    const value = g === undefined ? spec.default : g.value
    return typeof value === 'number' ? [value] : []
  })
}

function pairs(draft: LooseDraft, spec: OptionSpec, given: readonly Given[], report: Report): readonly ClientEntry[] {
  const partner = spec.partner ?? ''
  reportUnpaired(draft, given, partner, report)
  const entries: ClientEntry[] = []
  for (const {number = 0, value} of given) {
    const secret = draft.given.find((g) => g.option === partner && g.number === number)?.value
    if (isNetwork(value) && secret instanceof Secret) entries.push({number, network: value, secret})
  }
  return entries
}

function isNetwork(value: OptionValue | undefined): value is ClientEntry['network'] {
  return typeof value === 'object' && 'first' in value
}

function reportUnpaired(draft: LooseDraft, given: readonly Given[], partner: string, report: Report): void {
  for (const {number, entry} of given) {
    if (draft.given.some((g) => g.option === partner && g.number === number)) continue
    report('unpaired', keySite(draft, entry), {key: entry.key, partner: `${partner}_${number}`})
  }
}
