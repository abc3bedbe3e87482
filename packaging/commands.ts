/** One command as its flags and arguments are documented: what man page and completions are made of. */
export type CommandDoc = {
  readonly name: string
  readonly description: string
  readonly args: readonly ArgDoc[]
  readonly flags: readonly FlagDoc[]
}

export type ArgDoc = {readonly name: string; readonly description: string; readonly required: boolean}

export type FlagDoc = {
  readonly name: string
  readonly char: string | undefined
  readonly description: string
  /** What stands for its value; undefined when it takes none. */
  readonly value: string | undefined
  readonly options: readonly string[]
}

/** Reads oclif.manifest.json. Throws a plain error when it is not one: it is our own file. */
export function readCommands(manifest: string): CommandDoc[] {
  const commands = entries(field(JSON.parse(manifest), 'commands'))
  return commands
    .map(([id, command]) => ({
      name: id.replaceAll(':', ' '),
      description: plain(text(field(command, 'description'))),
      args: entries(field(command, 'args')).map(([name, arg]) => ({
        name,
        description: plain(text(field(arg, 'description'))),
        required: field(arg, 'required') === true,
      })),
      flags: entries(field(command, 'flags'))
        .filter(([, flag]) => field(flag, 'hidden') !== true)
        .map(([name, flag]) => readFlag(name, flag)),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function readFlag(name: string, flag: unknown): FlagDoc {
  const options = field(flag, 'options')
  const choices = Array.isArray(options) ? options.map(text) : []
  const char = field(flag, 'char')
  const value = text(field(flag, 'helpValue')) || (choices.length > 0 ? choices.join('|') : 'VALUE')
  return {
    name,
    char: typeof char === 'string' ? char : undefined,
    description: plain(text(field(flag, 'description')) || text(field(flag, 'summary'))),
    value: field(flag, 'type') === 'option' ? value : undefined,
    options: choices,
  }
}

/** oclif's own placeholders. */
function plain(description: string): string {
  return description.replace(/<%=\s*config\.bin\s*%>/g, 'authproxy').replace(/<%=\s*command\.id\s*%>/g, '')
}

function field(value: unknown, name: string): unknown {
  return entries(value).find(([key]) => key === name)?.[1]
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
