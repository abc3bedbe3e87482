import {parseNetwork} from '../network.ts'
import type {Report, Site} from './diagnostic.ts'
import {type Given, givenSite, keySite, type LooseDraft} from './draft.ts'
import {collectOptions} from './numbered.ts'
import {explainUnmatched, type MatchedOption, matchOption} from './option-names.ts'
import {type Reading, type ReadValue, readValue} from './read-value.ts'
import type {Entry, ScannedSection} from './scanner.ts'
import type {Kind} from './schema.ts'

/**
 * Reads the options that a section gives: names, values, numbers. Defaults and other sections come later.
 * A misspelled option is reported, and then read as the one that was meant: it is not missing as well.
 */
export function readSection(kind: Kind, scanned: ScannedSection, reading: Reading): LooseDraft {
  const given: Given[] = []
  const draft = {kind, name: scanned.nameText.toLowerCase(), at: scanned.at, given, options: {}}
  const swapped = swappedEntries(kind, scanned.entries)
  const read = (entry: Entry, match: MatchedOption) => {
    const site = givenSite(draft, entry)
    const tell = swapped.get(entry)
    tell?.(reading.report, site)
    const result: ReadValue =
      tell === undefined ? readValue(entry, match, site, reading) : {kind: 'given', value: undefined}
    if (result.kind === 'absent') return
    given.push({...match, entry, value: result.value, isFromDefault: entry.isDefault === true})
  }
  const unmatched: Entry[] = []
  for (const entry of scanned.entries) {
    const match = matchOption(kind, entry.key)
    if (match === undefined) unmatched.push(entry)
    else if (!isSecondSpelling(draft, entry, match, reading.report)) read(entry, match)
  }
  for (const entry of unmatched) {
    const meant = reportUnmatched(draft, entry, reading.report)
    if (meant !== undefined && firstOf(draft, meant) === undefined) read(entry, meant)
  }
  return {...draft, options: collectOptions(draft, reading.report)}
}

/** Says why a key means nothing here, and gives the option that was meant, if that is clear. */
function reportUnmatched(draft: LooseDraft, entry: Entry, report: Report): MatchedOption | undefined {
  const site = keySite(draft, entry)
  const {key} = entry
  const why = explainUnmatched(draft.kind, key)
  if (why.kind === 'unknown') report('unknownOption', site, {key, section: draft.name})
  else if (why.kind === 'misplaced') report('misplacedOption', site, {key, section: draft.name, owners: why.owners})
  else {
    report(why.kind === 'misspelled' ? 'misspelledOption' : 'numberMissing', site, {key, suggestion: why.suggestion})
    return matchOption(draft.kind, why.suggestion)
  }
  return undefined
}

/** The same option under another name: an alias, host beside host_1, a secret both plain and protected. */
function isSecondSpelling(draft: LooseDraft, entry: Entry, match: MatchedOption, report: Report): boolean {
  const first = firstOf(draft, match)
  if (first === undefined) return false
  const fields = {key: entry.key, first: first.entry.key, firstLine: first.entry.at.line}
  report(first.isProtected === match.isProtected ? 'givenTwice' : 'plainAndProtected', keySite(draft, entry), fields)
  return true
}

function firstOf(draft: LooseDraft, match: MatchedOption): Given | undefined {
  return draft.given.find((given) => given.option === match.option && given.number === match.number)
}

type Tell = (report: Report, site: Site) => void

/** Entries whose values stand in each other's place, with how to say so: once for the two of them. */
function swappedEntries(kind: Kind, entries: readonly Entry[]): ReadonlyMap<Entry, Tell> {
  const swapped = new Map<Entry, Tell>()
  const byKey = new Map(entries.map((entry) => [entry.key, entry]))
  const [ikey, skey] = [byKey.get('ikey'), byKey.get('skey')]
  if (ikey && skey && /^[A-Za-z0-9]{40}$/.test(ikey.value) && /^DI[A-Z0-9]{18}$/.test(skey.value)) {
    swapped.set(ikey, (report, site) => report('swappedKeys', site, {}))
    swapped.set(skey, () => {})
  }
  for (const entry of entries) {
    const match = matchOption(kind, entry.key)
    if (match?.spec.type !== 'network' || parseNetwork(entry.value).ok) continue
    const partner = byKey.get(`${match.spec.partner}_${match.number}`)
    if (partner === undefined || !parseNetwork(partner.value).ok) continue
    swapped.set(entry, (report, site) => report('swappedPair', site, {key: entry.key, partner: partner.key}))
    swapped.set(partner, () => {})
  }
  return swapped
}
