import type {Report} from '../diagnostic.ts'
import {type Draft, type Given, givenOf, keySite, sectionSite} from '../draft.ts'
import {keyText} from '../option-names.ts'
import type {Condition, OptionSpec} from '../schema/option.ts'
import {optionsOf, sectionSpec} from '../schema.ts'
import type {OptionValue} from '../values.ts'
import type {Whole} from '../whole.ts'

/** What the schema itself says: options that must be there, that have no effect, that nobody serves. */
export function checkRules({main, sections}: Whole, report: Report): void {
  for (const draft of [main, ...sections]) {
    const spec = sectionSpec(draft.kind)
    if (spec.served === false) {
      const instead = spec.notServedDoc ?? 'do not rely on it yet'
      report('sectionNotServed', sectionSite(draft), {name: draft.name, instead})
    }
    for (const [option, optionSpec] of optionsOf(draft.kind)) {
      if (givenOf(draft, option) === undefined) checkMissing(draft, option, optionSpec, report)
    }
    for (const given of draft.given) checkEffect(draft, given, spec.served !== false, report)
  }
}

function checkMissing(draft: Draft, option: string, spec: OptionSpec, report: Report): void {
  if (spec.required === undefined) return
  // The partner of a pair is asked for once: radius_secret_1 belongs to radius_ip_1.
  if (spec.numbered === 'paired' && spec.type === 'secret') return
  if (spec.required !== true && (looseValue(draft, spec.required.key) === undefined || !holds(draft, spec.required)))
    return
  const because = spec.required === true ? '' : `because ${describe(draft, spec.required)}`
  const key = keyText(option, spec, 1)
  report('missingOption', sectionSite(draft), {key, section: draft.name, because, example: spec.example ?? ''})
}

function checkEffect(draft: Draft, given: Given, isServedSection: boolean, report: Report): void {
  const {spec, entry} = given
  const site = keySite(draft, entry)
  const key = entry.key
  if (spec.deprecated !== undefined) report('deprecatedOption', site, {key, instead: spec.deprecated})
  else if (spec.served === false && isServedSection && differsFromDefault(given)) report('optionNotServed', site, {key})
  else if (spec.requires !== undefined && !holds(draft, spec.requires)) {
    const condition = describe(draft, spec.requires)
    report('ineffectiveOption', site, {key, condition, section: draft.name})
  }
}

function differsFromDefault({spec, value}: Given): boolean {
  return value !== undefined && value !== spec.default
}

function holds(draft: Draft, {key, is, isNot}: Condition): boolean {
  const value = looseValue(draft, key)
  if (value === undefined) {
    // A value that cannot be used has its own finding.
    return givenOf(draft, key) !== undefined
  }
  const text = String(value)
  return (is === undefined || is.includes(text)) && (isNot === undefined || !isNot.includes(text))
}

function describe(draft: Draft, {key, is, isNot}: Condition): string {
  const value = looseValue(draft, key)
  if (is === undefined && isNot === undefined) return value === undefined ? `${key} is not set` : `${key} is set`
  return `${key} is ${String(value)}`
}

function looseValue({options}: Draft, key: string): OptionValue | undefined {
  const values: Readonly<Record<string, unknown>> = options
  const value = values[key]
  return typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'
    ? value
    : value === undefined
      ? undefined
      : 'given'
}
