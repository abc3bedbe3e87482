import type {OptionSpec} from '../src/core/config/schema/option.ts'
import {type schema as configSchema, isKind, optionsOf, sectionSpec} from '../src/core/config/schema.ts'
import type {CommandDoc, FlagDoc} from './commands.ts'

type Kind = keyof typeof configSchema

/** authproxy(8): every command with its flags, as the program's own help has them. */
export function commandsPage(commands: readonly CommandDoc[], version: string, date: string): string {
  return [
    header('AUTHPROXY', 8, version, date),
    section('NAME', ['authproxy \\- multi\\-factor RADIUS proxy']),
    section('SYNOPSIS', ['.B authproxy', '.I COMMAND', '[\\fIOPTION\\fR]...']),
    section('DESCRIPTION', [
      escaped(
        'Takes logins of VPN gateways and other network devices over RADIUS, checks the password with a directory or ' +
          'another RADIUS server, asks Duo for the second factor, and answers. Reads the authproxy.cfg of the Duo ' +
          'Authentication Proxy.',
      ),
    ]),
    section('COMMANDS', commands.flatMap(commandLines)),
    section('EXIT STATUS', [
      ...term('0', 'All is well.'),
      ...term('1', 'The answer is no: findings, failed checks, a login that was refused.'),
      ...term('2', 'It could not be run: wrong use, an unreadable file, a configuration with errors.'),
      ...term('3', 'No answer in time. Of status, reload: not running.'),
      ...term('4', 'Of the service controls: the status is not known.'),
    ]),
    section('ENVIRONMENT', [
      ...term('AUTHPROXY_CONFIG', 'The configuration file, when none is named.'),
      ...term('NO_COLOR', 'No colours.'),
    ]),
    section('FILES', [
      ...term('/etc/authproxy/authproxy.cfg', 'The configuration of the Debian package.'),
      ...term(
        '/opt/duoauthproxy/conf/authproxy.cfg',
        'The configuration of the original, read where the other is not.',
      ),
      ...term('/var/log/authproxy', 'authproxy.log and authevents.log.'),
      ...term('/var/lib/authproxy', 'What must outlive a restart: the key of challenges and the journal of used ones.'),
      ...term('/run/authproxy', 'The pid file and the control socket.'),
    ]),
    section('SEE ALSO', ['.BR authproxy.cfg (5),', '.BR systemctl (1)']),
  ].join('')
}

/** authproxy.cfg(5): every section and option of the schema. */
export function configPage(kinds: readonly string[], version: string, date: string): string {
  return [
    header('AUTHPROXY.CFG', 5, version, date),
    section('NAME', ['authproxy.cfg \\- configuration of authproxy']),
    section('DESCRIPTION', [
      escaped(
        'Sections in brackets, options as key=value. Keys are read in any case. Lines that begin with # or ; are ' +
          'comments; there are no comments behind a value, so that secrets may hold these characters. A line that ' +
          'begins with a space goes on with the value before it. A section may be there several times with a number ' +
          'behind its name. Options that Duo\'s own proxy does not know are marked "extension".',
      ),
    ]),
    ...kinds.filter(isKind).map(sectionPart),
    section('EXAMPLE', [
      '.nf',
      ...[
        '[ad_client]',
        'host=dc1.example.com',
        'service_account_username=svc-authproxy',
        'service_account_password=file:/etc/authproxy/ad-password',
        'search_dn=DC=example,DC=com',
        '',
        '[radius_server_challenge]',
        'ikey=DIXXXXXXXXXXXXXXXXXX',
        'skey=file:/etc/authproxy/skey',
        'api_host=api-xxxxxxxx.duosecurity.com',
        'radius_ip_1=192.0.2.10',
        'radius_secret_1=file:/etc/authproxy/radius-secret',
        'client=ad_client',
        'failmode=secure',
      ].map((line) => (line === '' ? '.sp' : escaped(line))),
      '.fi',
    ]),
    section('SEE ALSO', ['.BR authproxy (8)']),
  ].join('')
}

function commandLines({name, description, args, flags}: CommandDoc): string[] {
  const usage = args.map((arg) => (arg.required ? arg.name : `[${arg.name}]`)).join(' ')
  return [
    `.SS ${escaped(`${name}${usage === '' ? '' : ` ${usage.toUpperCase()}`}`)}`,
    ...paragraphs(description),
    ...args.flatMap((arg) => (arg.description === '' ? [] : term(arg.name.toUpperCase(), arg.description))),
    ...flags.flatMap((flag) => ['.TP', flagTerm(flag), ...paragraphs(flag.description)]),
  ]
}

function flagTerm({name, char, value}: FlagDoc): string {
  const names = [...(char === undefined ? [] : [`-${char}`]), `--${name}`].map((word) => `\\fB${escaped(word)}\\fR`)
  return `${names.join(', ')}${value === undefined ? '' : ` \\fI${escaped(value)}\\fR`}`
}

function sectionPart(kind: Kind): string {
  const {doc, notServedDoc} = sectionSpec(kind)
  return section(`[${kind}]`, [
    escaped(doc),
    ...(notServedDoc === undefined ? [] : ['.PP', escaped(notServedDoc)]),
    ...optionsOf(kind).flatMap(([key, option]) => [
      '.TP',
      `\\fB${escaped(numbered(key, option))}\\fR`,
      ...optionLines(option),
    ]),
  ])
}

function numbered(key: string, {numbered: how}: OptionSpec): string {
  if (how === undefined) return key
  return how === 'counted' || how === 'paired' ? `${key}_N` : `${key}, ${key}_N`
}

function optionLines(option: OptionSpec): string[] {
  const facts = [
    option.choices === undefined ? option.type : `one of ${option.choices.join(', ')}`,
    option.unit === undefined ? '' : `in ${option.unit}`,
    option.required === true ? 'required' : '',
    option.default === undefined ? '' : `default ${option.default}`,
    option.defaultDoc === undefined ? '' : `default: ${option.defaultDoc}`,
    option.extension === undefined ? '' : 'extension',
    option.served === false ? 'without effect in this release' : '',
  ].filter((fact) => fact !== '')
  const more = [option.doc, option.security, option.deprecated].filter((part) => part !== undefined)
  return [escaped(`(${facts.join('; ')})`), '.br', ...more.map(escaped)]
}

function header(title: string, chapter: number, version: string, date: string): string {
  return `.TH ${title} ${chapter} ${date} "authproxy ${version}" "authproxy"\n`
}

function section(title: string, lines: readonly string[]): string {
  return [`.SH ${escaped(title)}`, ...lines, ''].join('\n')
}

function term(name: string, description: string): string[] {
  return ['.TP', `\\fB${escaped(name)}\\fR`, escaped(description)]
}

function paragraphs(text: string): string[] {
  return text
    .split(/\n+/)
    .filter((line) => line !== '')
    .flatMap((line, index) => (index === 0 ? [escaped(line)] : ['.sp', escaped(line)]))
}

/** Text for roff: no macro at the beginning of a line, hyphens that can be copied. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('\n', ' ').replace(/^[.']/, '\\&$&')
}
