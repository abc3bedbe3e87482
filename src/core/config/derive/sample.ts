import {keyText} from '../option-names.ts'
import {isSecret, type OptionSpec} from '../schema/option.ts'
import {type Kind, kinds, optionsOf, sectionSpec} from '../schema.ts'
import {describeDefault, describeNotes, describeType, isCommonToServers} from './describe.ts'

const WIDTH = 110

const intro = `# authproxy.cfg - written by: authproxy validate --sample
#
# Lines that begin with # or ; are comments; nothing behind a value is one. Fill in the lines without #, and take the # away from
# others that you need. Check the file with: authproxy validate FILE
`

/** The sections that the sample begins with; the others are commented out as a whole. */
const active = new Set<Kind>(['main', 'ad_client', 'radius_server_challenge'])

/** A commented authproxy.cfg that has every option that is served, those which must be filled in uncommented. */
export function sampleFile(): string {
  const sections = kinds.filter((kind) => sectionSpec(kind).served !== false).map(sectionSample)
  return `${intro}\n${sections.join('\n')}`
}

function sectionSample(kind: Kind): string {
  const isActive = active.has(kind)
  const header = [...comment(sectionSpec(kind).doc), isActive ? `[${kind}]` : `#[${kind}]`]
  const options = optionsOf(kind)
    .filter(([, spec]) => spec.served !== false && spec.deprecated === undefined)
    .flatMap(([option, spec]) => optionSample(option, spec, isActive && isNeeded(kind, option, spec)))
  return [...header, ...options, ''].join('\n')
}

function isNeeded(kind: Kind, option: string, spec: OptionSpec): boolean {
  if (kind === 'ad_client') return spec.required === true || option.startsWith('service_account_')
  if (kind === 'radius_server_challenge') return spec.required === true || option === 'failmode'
  return isCommonToServers(kind, option) && spec.required === true
}

function optionSample(option: string, spec: OptionSpec, isNeeded: boolean): string[] {
  const about = [spec.doc, `(${describeType(spec)}; default: ${describeDefault(spec)})`, ...describeNotes(option, spec)]
  if (spec.security !== undefined) about.push(spec.security)
  const line = `${keyText(option, spec, 1)}=${sampleValue(spec)}`
  return ['', ...comment(about.join(' ')), isNeeded ? line : `#${line}`]
}

function sampleValue(spec: OptionSpec): string {
  if (spec.example !== undefined) return spec.example
  if (spec.default !== undefined) return String(spec.default)
  return isSecret(spec) ? 'env:NAME_OF_A_VARIABLE' : ''
}

function comment(text: string): string[] {
  const lines: string[] = []
  let line = '#'
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH && line !== '#') {
      lines.push(line)
      line = '#'
    }
    line += ` ${word}`
  }
  return [...lines, line]
}
