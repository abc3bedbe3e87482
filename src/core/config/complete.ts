import type {Report} from './diagnostic.ts'
import {givenOf, type LooseDraft, type LooseOptions, sectionSite, valueSite} from './draft.ts'
import {optionsOf, sectionSpec} from './schema.ts'
import {closest} from './suggest.ts'
import {defaultValue, type ValueContext} from './values.ts'

/** Adds what the file leaves out: the values of [main], defaults, and what follows from other options. */
export function completeSection(draft: LooseDraft, main: LooseDraft, values: ValueContext): LooseDraft {
  const options: LooseOptions = {...draft.options}
  // The parts of an HTTP proxy belong together: a section with a proxy of its own takes no port or password of another.
  const ownProxy = givenOf(draft, 'http_proxy_host') !== undefined
  for (const [option, spec] of optionsOf(draft.kind)) {
    if (givenOf(draft, option) !== undefined) continue
    const inherits = spec.inheritedFromMain && !(ownProxy && option.startsWith('http_proxy_'))
    options[option] ??= inherits ? main.options[option] : undefined
    options[option] ??= defaultValue(spec, values)
  }
  if (draft.kind === 'ad_client' && givenOf(draft, 'port') === undefined) {
    options.port = options.transport === 'ldaps' ? 636 : 389
  }
  return {...draft, options}
}

export function completeMain(draft: LooseDraft, values: ValueContext): LooseDraft {
  const options: LooseOptions = {...draft.options}
  for (const [option, spec] of optionsOf('main')) {
    if (givenOf(draft, option) === undefined) options[option] ??= defaultValue(spec, values)
  }
  if (givenOf(draft, 'log_file') === undefined) options.log_file = !(options.log_stdout || options.log_syslog)
  return {...draft, options}
}

/**
 * Finds the section that checks the passwords of each server section:
 * [main] server and client for that one server; the server's own client; for LDAP servers the only [ad_client];
 * [main] client; the only client section there is.
 */
export function resolveClients(drafts: readonly LooseDraft[], main: LooseDraft, report: Report): LooseDraft[] {
  const clients = drafts.filter((draft) => sectionSpec(draft.kind).role === 'client')
  const used = new Set<string>()
  let isUnclear = !drafts.some(wantsClient)
  const resolved = drafts.map((draft) => {
    if (!wantsClient(draft)) return draft
    const client = clientOf(draft, main, {clients, names: drafts.map((other) => other.name)}, report)
    if (client === undefined) isUnclear = true
    else used.add(client)
    return {...draft, options: {...draft.options, client}}
  })
  if (!isUnclear) {
    for (const client of clients) {
      if (!used.has(client.name)) report('unusedClient', sectionSite(client), {name: client.name})
    }
  }
  reportUnknownServer(main, drafts, report)
  return resolved
}

function wantsClient({kind}: LooseDraft): boolean {
  return sectionSpec(kind).options.client?.inferred === true
}

/** The client sections, and the names of all sections. */
type Candidates = {readonly clients: readonly LooseDraft[]; readonly names: readonly string[]}

function clientOf(server: LooseDraft, main: LooseDraft, candidates: Candidates, report: Report): string | undefined {
  const {clients} = candidates
  const isOverridden = main.options.server === server.name && main.options.client !== undefined
  if (isOverridden) return named(main, candidates, report)
  if (givenOf(server, 'client') !== undefined) return named(server, candidates, report)
  const suitable = server.kind === 'ldap_server_auto' ? clients.filter((c) => c.kind === 'ad_client') : clients
  const [only] = suitable
  if (server.kind === 'ldap_server_auto' && only !== undefined && suitable.length === 1) return only.name
  const isForAll = givenOf(main, 'client') !== undefined && givenOf(main, 'server') === undefined
  if (isForAll) return named(main, candidates, report)
  if (only === undefined) {
    report('noClient', sectionSite(server), {server: server.name})
    return undefined
  }
  if (suitable.length === 1) return only.name
  report('ambiguousClient', sectionSite(server), {server: server.name, clients: suitable.map((client) => client.name)})
  return undefined
}

/** The client section that a client option names. */
function named(draft: LooseDraft, {clients, names}: Candidates, report: Report): string | undefined {
  const name = draft.options.client
  if (typeof name !== 'string') return undefined
  if (clients.some((client) => client.name === name)) return name
  const site = valueSite(draft, 'client')
  if (names.includes(name)) report('wrongClientKind', site, {name, wanted: 'a client section'})
  else {
    const clientNames = clients.map((client) => client.name)
    const only = clientNames.length === 1 ? clientNames[0] : undefined
    report('unknownClient', site, {name, suggestion: closest(name, clientNames) ?? only})
  }
  return undefined
}

function reportUnknownServer(main: LooseDraft, drafts: readonly LooseDraft[], report: Report): void {
  const name = main.options.server
  if (typeof name !== 'string') return
  const servers = drafts.filter((draft) => sectionSpec(draft.kind).role === 'server').map((draft) => draft.name)
  if (servers.includes(name)) return
  report('unknownClient', valueSite(main, 'server'), {name, suggestion: closest(name, servers)})
}
