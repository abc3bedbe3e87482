import {posix, win32} from 'node:path'
import {Fault} from '../fault.ts'
import {check} from './check.ts'
import {codes} from './codes.ts'
import {completeMain, completeSection, resolveClients} from './complete.ts'
import type {ConfigContext} from './context.ts'
import {decodeText} from './decode.ts'
import {collect, compareDiagnostics, type Diagnostic, type Report, type Site} from './diagnostic.ts'
import {type Draft, isDraft, isMain, isSection, type LooseDraft} from './draft.ts'
import {matchOption} from './option-names.ts'
import {readSection} from './read-section.ts'
import type {Reading} from './read-value.ts'
import {type ScannedSection, type SyntaxProblem, scan} from './scanner.ts'
import {type Config, type Kind, kindOf, kinds, type Section, sectionSpec} from './schema.ts'
import {closest} from './suggest.ts'
import type {Whole} from './whole.ts'

/** `config` is there only when no diagnostic is an error. Diagnostics stand in the order of the file. */
export type Loaded = {readonly config: Config | undefined; readonly diagnostics: readonly Diagnostic[]}

/** Reads and checks a file. Throws a Fault (config-unreadable) when there is none; mistakes in it are diagnostics. */
export function loadConfig(path: string, context: ConfigContext): Loaded {
  const file = context.readFile(path)
  if (!file.ok) {
    throw new Fault('config-unreadable', `the configuration file ${path} ${file.reason}`, {
      hint: 'name another one with --config, or see authproxy validate --sample',
    })
  }
  return loadConfigText(file.octets, path, context, file.mode)
}

/** Reads and checks the content of a file; `path` is where relative paths start, and the name in diagnostics. */
export function loadConfigText(octets: Buffer, path: string, context: ConfigContext, mode?: number): Loaded {
  const {report, diagnostics} = collect(path)
  const decoded = decodeText(octets, report)
  if (!decoded.ok) return {config: undefined, diagnostics}
  const {text} = decoded
  const confDir = (context.platform === 'win32' ? win32 : posix).dirname(path)
  const values = {vocabulary: context.vocabulary, platform: context.platform, confDir}
  const drafts = readSections(text, {context, report, values})
  const main = completeMain(drafts.main, values)
  const completed = drafts.sections.map((draft) => completeSection(draft, main, values))
  const sections = resolveClients(completed, main, report).map(typed)
  const {hasSyntaxErrors} = drafts
  const whole: Whole = {path, mode, text, hasSyntaxErrors, context, main: typedMain(main), sections}
  check(whole, report)
  const found = diagnostics
    .filter((diagnostic) => !isEcho(diagnostic, diagnostics))
    .map((diagnostic) => withinLine(diagnostic, drafts.lines))
    .sort(compareDiagnostics)
  const hasErrors = found.some((diagnostic) => diagnostic.severity === 'error')
  return {config: hasErrors || !context.resolve ? undefined : assemble(whole), diagnostics: found}
}

/** Other tools read a line differently because of a mistake in it that has its own finding. */
function isEcho({code, line}: Diagnostic, diagnostics: readonly Diagnostic[]): boolean {
  if (code !== codes.readDifferentlyElsewhere.code) return false
  return diagnostics.some((other) => other.line === line && other.severity !== 'info')
}

/** What is marked ends with its line: of a value over several lines the first part is enough. */
function withinLine(diagnostic: Diagnostic, lines: readonly string[]): Diagnostic {
  const rest = (lines[diagnostic.line - 1]?.length ?? 0) - diagnostic.column + 1
  return diagnostic.length <= rest ? diagnostic : {...diagnostic, length: Math.max(0, rest)}
}

type LooseDrafts = {
  readonly lines: readonly string[]
  readonly main: LooseDraft
  readonly sections: readonly LooseDraft[]
  readonly hasSyntaxErrors: boolean
}

function readSections(text: string, reading: Reading): LooseDrafts {
  const {report} = reading
  const scanned = scan(text)
  for (const problem of scanned.problems) reportSyntax(problem, report)
  let main: LooseDraft = {kind: 'main', name: 'main', at: {line: 1, column: 1}, given: [], options: {}}
  const sections: LooseDraft[] = []
  const defaults = scanned.sections.find((section) => section.nameText === 'DEFAULT')
  if (defaults !== undefined) report('defaultSection', headerSite(defaults), {})
  const seen = new Set<string>()
  for (const section of scanned.sections) {
    const name = section.nameText.toLowerCase()
    // A duplicate is reported by the scanner.
    if (section === defaults || seen.has(name)) continue
    seen.add(name)
    const kind = kindOf(name)
    if (kind === undefined) {
      report('unknownSection', headerSite(section), {name: section.nameText, suggestion: suggestSection(name)})
      continue
    }
    if (sectionSpec(kind).single && (kind === 'main' ? name !== kind : sections.some((other) => other.kind === kind))) {
      report('singleSection', headerSite(section), {name, kind})
      continue
    }
    const draft = readSection(kind, withDefaults(section, kind, defaults), reading)
    if (kind === 'main') main = draft
    else sections.push(draft)
  }
  const {lines} = scanned
  return {lines, main, sections, hasSyntaxErrors: scanned.problems.some(({kind}) => kind !== 'text-after-header')}
}

/** What [DEFAULT] says holds in every section that knows the option and does not say it itself. */
function withDefaults(section: ScannedSection, kind: Kind, defaults: ScannedSection | undefined): ScannedSection {
  if (defaults === undefined) return section
  const own = new Set(section.entries.map((entry) => entry.key))
  const added = defaults.entries.filter((entry) => !own.has(entry.key) && matchOption(kind, entry.key) !== undefined)
  return {...section, entries: [...section.entries, ...added.map((entry) => ({...entry, isDefault: true}) as const)]}
}

function suggestSection(name: string): string | undefined {
  const [, stem = name, number = ''] = /^(.*?)(\d*)$/.exec(name.trim()) ?? []
  const near = closest(stem, kinds)
  return near === undefined ? undefined : near + number
}

function headerSite({nameText, at}: ScannedSection): Site {
  return {...at, length: nameText.length + 2, section: nameText.toLowerCase()}
}

function reportSyntax(problem: SyntaxProblem, report: Report): void {
  syntaxReports[problem.kind](
    problem,
    {line: problem.line, column: problem.column, length: problem.text.length},
    report,
  )
}

const syntaxReports: {
  readonly [Kind in SyntaxProblem['kind']]: (problem: SyntaxProblem, site: Site, report: Report) => void
} = {
  'text-before-section': ({text}, site, report) => report('textBeforeSection', site, {text}),
  'no-sections': (_, site, report) => report('noSections', site, {}),
  'duplicate-section': ({text, firstLine}, site, report) =>
    report('duplicateSection', {...site, length: text.length + 2}, {name: text, firstLine}),
  'duplicate-key': ({text, firstLine}, site, report) =>
    report('duplicateKey', {...site, key: text}, {key: text, firstLine}),
  'no-delimiter': ({text}, site, report) => report('noDelimiter', site, {unclosedHeader: text.startsWith('[')}),
  'no-key': (_, site, report) => report('noKey', site, {}),
  'text-after-header': (_, site, report) => report('textAfterHeader', site, {}),
  'swallowed-option': ({firstLine}, site, report) => report('swallowedOption', site, {keyLine: firstLine}),
}

function typed(draft: LooseDraft): Draft {
  if (isDraft(draft)) return draft
  throw new Error(`the options of [${draft.name}] do not have the types of the schema`)
}

function typedMain(draft: LooseDraft): Whole['main'] {
  const main = typed(draft)
  if (main.kind === 'main') return main
  throw new Error('the main section is of another kind')
}

function assemble({path, main, sections}: Whole): Config {
  if (!isMain(main.options)) throw new Error('[main] lacks an option, and no check has said so')
  // Log lines are of the whole process, so a section that asks for more of them asks for all.
  const debug = [main, ...sections].some((draft) => draft.options.debug === true)
  return {path, main: {...main.options, debug}, sections: sections.map(assembleSection)}
}

function assembleSection({kind, name, at, options}: Draft): Section {
  if (kind !== 'main') {
    const section = {kind, name, line: at.line, options}
    if (isSection(section)) return section
  }
  throw new Error(`[${name}] lacks an option, and no check has said so`)
}
