import type {Report} from './diagnostic.ts'
import {type Given, givenSite, keySite, type LooseDraft} from './draft.ts'
import {collectOptions} from './numbered.ts'
import {explainUnmatched, keyText, type MatchedOption, matchOption} from './option-names.ts'
import {type Reading, readValue} from './read-value.ts'
import type {Entry, ScannedSection} from './scanner.ts'
import type {Kind} from './schema.ts'

/** Reads the options that a section gives: names, values, numbers. Defaults and other sections come later. */
export function readSection(kind: Kind, scanned: ScannedSection, reading: Reading): LooseDraft {
  const {report} = reading
  const given: Given[] = []
  const draft = {kind, name: scanned.nameText.toLowerCase(), at: scanned.at, given, options: {}}
  const swapped = hasSwappedKeys(scanned.entries)
  for (const entry of scanned.entries) {
    const match = matchOption(kind, entry.key)
    if (match === undefined) reportUnmatched(draft, entry, report)
    else if (!isSecondSpelling(draft, entry, match, report)) {
      const site = givenSite(draft, entry)
      if (swapped && (entry.key === 'ikey' || entry.key === 'skey')) {
        if (entry.key === 'ikey') report('swappedKeys', site, {})
        given.push({...match, entry, value: undefined})
        continue
      }
      const read = readValue(entry, match, site, reading)
      if (read.kind === 'given') given.push({...match, entry, value: read.value})
    }
  }
  return {...draft, options: collectOptions(draft, report)}
}

function reportUnmatched(draft: LooseDraft, entry: Entry, report: Report): void {
  const site = keySite(draft, entry)
  const {key} = entry
  const why = explainUnmatched(draft.kind, key)
  if (why.kind === 'number-missing') report('numberMissing', site, {key, suggestion: why.suggestion})
  else if (why.kind === 'misspelled') report('misspelledOption', site, {key, suggestion: why.suggestion})
  else if (why.kind === 'misplaced') report('misplacedOption', site, {key, section: draft.name, owners: why.owners})
  else report('unknownOption', site, {key, section: draft.name})
}

/** The same option under another name: an alias, host beside host_1, a secret both plain and protected. */
function isSecondSpelling(draft: LooseDraft, entry: Entry, match: MatchedOption, report: Report): boolean {
  const first = draft.given.find((g) => g.option === match.option && g.number === match.number)
  if (first === undefined) return false
  const site = keySite(draft, entry)
  const otherLine = first.entry.at.line
  if (first.isProtected !== match.isProtected) {
    const protectedKey = keyText(match.option, match.spec, match.number, true)
    report('plainAndProtected', site, {key: match.option, protectedKey, otherLine})
  } else report('givenTwice', site, {key: entry.key, other: first.entry.key, otherLine})
  return true
}

function hasSwappedKeys(entries: readonly Entry[]): boolean {
  const ikey = entries.find((entry) => entry.key === 'ikey')?.value ?? ''
  const skey = entries.find((entry) => entry.key === 'skey')?.value ?? ''
  return /^[A-Za-z0-9]{40}$/.test(ikey) && /^DI[A-Z0-9]{18}$/.test(skey)
}
