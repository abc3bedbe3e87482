import {readdirSync, readFileSync} from 'node:fs'
import {join, relative, sep} from 'node:path'
import {fileURLToPath} from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** What is made and not written: it is no part of the repository. */
const made: ReadonlySet<string> = new Set(['.git', 'node_modules', 'dist', 'coverage', '.authproxy'])

/** All files of the repository below `folder`, relative to its root, with slashes. */
export function filesBelow(folder = '.'): string[] {
  return readdirSync(join(root, folder), {withFileTypes: true}).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (made.has(entry.name)) return []
    if (entry.isDirectory()) return filesBelow(path)
    return entry.isFile() ? [relative('.', path).replaceAll(sep, '/')] : []
  })
}

export function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

export function jsonOf(file: string): unknown {
  return JSON.parse(textOf(file))
}

/** A JSON object as its entries; anything else has none. */
export function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

export function memberOf(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => entriesOf(inner).find(([name]) => name === key)?.[1], value)
}
