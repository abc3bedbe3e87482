import {type Config, sectionSpec} from '../config/schema.ts'
import {Secret} from '../secret.ts'
import {settingsOf} from './settings.ts'

type Value = string | number | boolean | Secret

/**
 * What a reload changes, a line each: "+ [section]", "- [section]", "[section] key: old -> new"; secrets only as changed.
 * What it does not change, since it is read at the start only, says so.
 */
export function configChanges(before: Config, after: Config): string[] {
  const old = sectionsOf(before)
  const next = sectionsOf(after)
  const lines: string[] = []
  for (const name of old.keys()) if (!next.has(name)) lines.push(`- [${name}]`)
  for (const [name, settings] of next) {
    const was = old.get(name)
    if (was === undefined) lines.push(`+ [${name}]`)
    else lines.push(...settingChanges(name, was, settings))
  }
  return lines
}

function sectionsOf({main, sections}: Config): Map<string, Map<string, Value>> {
  return new Map([
    ['main', new Map(settingsOf(main))],
    ...sections.map(({name, options}) => [name, new Map(settingsOf(options))] as const),
  ])
}

function settingChanges(section: string, before: Map<string, Value>, after: Map<string, Value>): string[] {
  const lines: string[] = []
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, next] = [before.get(key), after.get(key)]
    const when = section === 'main' && sectionSpec('main').options[key]?.atStart ? ' (not before a restart)' : ''
    if (!same(old, next)) lines.push(`[${section}] ${key}: ${shown(old)} -> ${shown(next)}${when}`)
  }
  return lines
}

function same(a: Value | undefined, b: Value | undefined): boolean {
  return a instanceof Secret && b instanceof Secret ? a.equals(b) : a === b
}

function shown(value: Value | undefined): string {
  return value === undefined ? '(not set)' : `${value}`
}
