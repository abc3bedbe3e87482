import type {CommandDoc, FlagDoc} from './commands.ts'

/** Flags whose value is a file, by what stands for it in the help. */
const isFile = ({value}: FlagDoc) => value === 'FILE' || value === 'DIR'

/** For /usr/share/bash-completion/completions/authproxy. */
export function bashCompletion(commands: readonly CommandDoc[]): string {
  const cases = commands.map(
    ({name, flags}) => `\t\t${name}) words=${shellWord(flags.map((flag) => `--${flag.name}`).join(' '))} ;;`,
  )
  const values = new Map<string, FlagDoc>()
  for (const {flags} of commands) for (const flag of flags) if (flag.value !== undefined) values.set(flag.name, flag)
  const valueCases = [...values.values()].map((flag) => {
    const names = [`--${flag.name}`, ...(flag.char === undefined ? [] : [`-${flag.char}`])].join(' | ')
    if (flag.options.length > 0) return `\t\t${names}) words=${shellWord(flag.options.join(' '))} ;;`
    return `\t\t${names}) ${isFile(flag) ? 'compopt -o default; ' : ''}return ;;`
  })
  return `# bash completion for authproxy
_authproxy() {
	local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} words=
	COMPREPLY=()
	if ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W ${shellWord(commands.map(({name}) => name).join(' '))} -- "$current"))
		return
	fi
	case $previous in
${valueCases.join('\n')}
	esac
	if [[ -z $words && $current == -* ]]; then
		case \${COMP_WORDS[1]} in
${cases.join('\n')}
		esac
	fi
	if [[ -z $words ]]; then
		compopt -o default
		return
	fi
	COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _authproxy authproxy
`
}

/** For /usr/share/zsh/vendor-completions/_authproxy. */
export function zshCompletion(commands: readonly CommandDoc[]): string {
  const list = commands.map(({name, description}) => `\t\t${shellWord(`${zshName(name)}:${firstLine(description)}`)}`)
  const cases = commands.map(({name, flags}) => {
    const specs = flags.map((flag) => `\t\t\t\t${shellWord(zshFlag(flag))}`)
    return `\t\t\t${name})\n\t\t\t_arguments \\\n${[...specs, "\t\t\t\t'*:file:_files'"].join(' \\\n')}\n\t\t\t;;`
  })
  return `#compdef authproxy
_authproxy() {
	local -a commands
	commands=(
${list.join('\n')}
	)
	if ((CURRENT == 2)); then
		_describe command commands
		return
	fi
	shift words
	((CURRENT--))
	case $words[1] in
${cases.join('\n')}
	esac
}
_authproxy "$@"
`
}

/** For /usr/share/fish/vendor_completions.d/authproxy.fish. */
export function fishCompletion(commands: readonly CommandDoc[]): string {
  const lines = ['# fish completion for authproxy', 'complete -c authproxy -n __fish_use_subcommand -f']
  for (const {name, description, flags} of commands) {
    lines.push(`complete -c authproxy -n __fish_use_subcommand -a ${name} -d ${fishWord(firstLine(description))}`)
    for (const flag of flags) {
      const parts = [`complete -c authproxy -n '__fish_seen_subcommand_from ${name}' -l ${flag.name}`]
      if (flag.char !== undefined) parts.push(`-s ${flag.char}`)
      if (flag.options.length > 0) parts.push(`-x -a ${fishWord(flag.options.join(' '))}`)
      else if (flag.value !== undefined) parts.push(isFile(flag) ? '-r' : '-x')
      parts.push(`-d ${fishWord(firstLine(flag.description))}`)
      lines.push(parts.join(' '))
    }
  }
  return `${lines.join('\n')}\n`
}

function zshFlag(flag: FlagDoc): string {
  const names = flag.char === undefined ? `--${flag.name}` : `(-${flag.char} --${flag.name})--${flag.name}`
  const description = firstLine(flag.description).replace(/[[\]:]/g, ' ')
  if (flag.value === undefined) return `${names}[${description}]`
  if (flag.options.length > 0) return `${names}=[${description}]:value:(${flag.options.join(' ')})`
  return `${names}=[${description}]:value:${isFile(flag) ? '_files' : ' '}`
}

function zshName(name: string): string {
  return name.replaceAll(':', '\\:')
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function fishWord(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
