import type {ConfigSection} from './scenario.ts'

/** Options by section, in the order they are written. */
export type ConfigOptions = {readonly [section: string]: {readonly [option: string]: string | number | undefined}}

/**
 * The text of an authproxy.cfg: the standard options with the changes over them. A section whose name is that of a
 * standard one plus a number starts from the options of that one (`radius_server_challenge2`).
 */
export function configText(standard: ConfigOptions, changes: readonly ConfigSection[] = []): string {
  const sections = new Map<string, Map<string, string>>()
  for (const [name, options] of Object.entries(standard)) sections.set(name, defined(options))
  for (const {name, options} of changes) {
    const kind = name.replace(/\d+$/, '')
    const section = sections.get(name) ?? new Map(kind === name ? [] : defined(standard[kind] ?? {}))
    for (const [option, value] of options) {
      if (value === undefined) section.delete(option)
      else section.set(option, value)
    }
    sections.set(name, section)
  }
  return [...sections]
    .map(([name, options]) => `[${name}]\n${[...options].map(([key, value]) => `${key}=${value}\n`).join('')}`)
    .join('\n')
}

function defined(options: ConfigOptions[string]): Map<string, string> {
  const kept = new Map<string, string>()
  for (const [key, value] of Object.entries(options)) if (value !== undefined) kept.set(key, `${value}`)
  return kept
}
