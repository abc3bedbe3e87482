import {parse} from 'ini'
import type {Report} from '../diagnostic.ts'
import {type Given, givenSite} from '../draft.ts'
import {isSecret} from '../schema/option.ts'
import type {Whole} from '../whole.ts'

/**
 * The `ini` package reads the file as many other tools would. Its grammar has comments behind values, quotes and escapes,
 * so it sees other values than the original does; the original's count, and the difference is told.
 */
export function checkSecondOpinion({main, sections, text, hasSyntaxErrors}: Whole, report: Report): void {
  if (hasSyntaxErrors) return
  const opinion: Readonly<Record<string, unknown>> = parse(text)
  for (const draft of [main, ...sections]) {
    const section = ownValue(opinion, draft.name)
    // Not seen at all: its header has text behind it, or capital letters, which is another finding or none.
    if (!isRecord(section)) continue
    for (const given of draft.given) {
      const other = ownValue(section, given.entry.keyText)
      if (other === undefined && given.isFromDefault) continue
      const reading = compare(given, other)
      if (reading === undefined) continue
      const name = isSecret(given.spec) ? 'secretCutElsewhere' : 'readDifferentlyElsewhere'
      report(name, givenSite(draft, given.entry), {key: given.entry.key, reading})
    }
  }
}

function compare({entry}: Given, other: unknown): string | undefined {
  if (other === undefined) return 'do not see'
  const text = String(other)
  if (text === entry.value) return undefined
  return entry.value.startsWith(text) ? 'cut' : 'change'
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function ownValue(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
