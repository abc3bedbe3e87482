import {isAbsolute} from 'node:path'
import {pathToFileURL} from 'node:url'
import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {BaseCommand} from '../base-command.ts'
import {locateConfigFile} from '../config-file.ts'
import {configFlag} from '../config-flag.ts'
import type {Diagnostic} from '../core/config/diagnostic.ts'
import {Fault} from '../core/fault.ts'

const instead = {
  exclusive: ['config', 'strict', 'sarif', 'explain', 'docs', 'json-schema', 'sample', 'lsp'],
  helpGroup: 'INSTEAD OF CHECKING',
}

function insteadOf(name: string): {exclusive: string[]; helpGroup: string} {
  return {...instead, exclusive: instead.exclusive.filter((other) => other !== name)}
}

export default class Validate extends BaseCommand {
  static override description = `Check authproxy.cfg, and say what to change

Every finding is one line: FILE:LINE:COLUMN severity CODE message (hint). Errors stop serve; warnings and notes do not.
Exit codes: 0 no errors, 1 errors (with --strict: or warnings), 2 the file could not be read.`

  static override examples = [
    '<%= config.bin %> validate conf/authproxy.cfg',
    '<%= config.bin %> validate --explain failmode',
    '<%= config.bin %> validate --sample > conf/authproxy.cfg',
  ]

  static override args = {
    // Without ignoreStdin oclif takes the argument from standard input, where an editor speaks.
    file: Args.string({description: 'The file to check, instead of --config', ignoreStdin: true}),
  }

  static override flags = {
    config: configFlag,
    strict: Flags.boolean({description: 'Warnings too make the exit code 1'}),
    sarif: Flags.boolean({description: 'Write the findings as SARIF 2.1.0', exclusive: ['json']}),
    explain: Flags.string({
      description: 'Explain an option, a section or a code',
      helpValue: 'KEY',
      ...insteadOf('explain'),
    }),
    docs: Flags.boolean({description: 'Write the reference of all options as Markdown', ...insteadOf('docs')}),
    'json-schema': Flags.boolean({description: 'Write a JSON Schema of the file', ...insteadOf('json-schema')}),
    sample: Flags.boolean({description: 'Write a commented file to begin with', ...insteadOf('sample')}),
    lsp: Flags.boolean({
      description: 'Serve an editor: the Language Server Protocol on standard input and output',
      ...insteadOf('lsp'),
    }),
  }

  async run(): Promise<unknown> {
    const {args, flags} = await this.parse(Validate)
    if (flags.explain !== undefined) return this.explain(flags.explain)
    if (flags.docs) return this.write((await import('../core/config/derive/reference-page.ts')).referencePage())
    if (flags.sample) return this.write((await import('../core/config/derive/sample.ts')).sampleFile())
    if (flags['json-schema']) return this.writeSchema()
    if (flags.lsp) return (await import('../language-server.ts')).serveEditor(process.stdin, process.stdout)
    return this.check(args.file ?? locateConfigFile(flags.config), flags)
  }

  private async check(file: string, {strict, sarif}: {strict: boolean; sarif: boolean}): Promise<unknown> {
    const {checkFile, findingsText} = await import('../check-file.ts')
    const checked = await checkFile(file, {strict})
    const {diagnostics, errors, warnings} = checked
    process.exitCode = checked.exitCode
    if (sarif) {
      const {sarifLog} = await import('../core/config/derive/sarif.ts')
      this.log(JSON.stringify(sarifLog(uriOf(file), diagnostics, this.config.version), null, 2))
    } else if (!this.jsonEnabled()) process.stdout.write(await findingsText(checked, {color: this.color}))
    return {file, diagnostics: diagnostics.map(diagnosticJson), summary: {errors, warnings}}
  }

  private async explain(word: string): Promise<unknown> {
    const {explain} = await import('../core/config/derive/explain.ts')
    const explanation = explain(word)
    if (explanation.kind === 'found') return this.write(`${explanation.text}\n`)
    const hint =
      explanation.suggestion === undefined
        ? 'docs/configuration.md lists all options'
        : `did you mean ${explanation.suggestion}?`
    throw new Fault('usage', `no option, section or code is called "${word}"`, {hint})
  }

  private async writeSchema(): Promise<unknown> {
    const schema = (await import('../core/config/derive/json-schema.ts')).jsonSchema()
    if (!this.jsonEnabled()) this.log(JSON.stringify(schema, null, 2))
    return schema
  }

  private write(text: string): {text: string} {
    if (!this.jsonEnabled()) process.stdout.write(text)
    return {text}
  }
}

/** As SARIF wants a place: relative to the folder it is read in, or absolute. */
function uriOf(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href
  return encodeURI(file.replaceAll('\\', '/'))
}

/** null where a finding belongs to no section or option. */
function diagnosticJson({
  severity,
  code,
  section,
  key,
  line,
  column,
  length,
  message,
  hint,
  detail,
}: Diagnostic): object {
  const place = {section: section ?? null, key: key ?? null, line, column, length}
  return {severity, code, ...place, message, hint, ...(detail === undefined ? {} : {detail})}
}
