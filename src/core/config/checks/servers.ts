import type {Report} from '../diagnostic.ts'
import {type Draft, type DraftOf, givenOf, isRadiusServer, isServer, keySite, sectionSite, valueSite} from '../draft.ts'
import type {Whole} from '../whole.ts'

/** Each server section by itself, and with the client section it names. */
export function checkServers({sections}: Whole, report: Report): void {
  for (const draft of sections) {
    if (isServer(draft)) checkFailmode(draft, report)
    if (isRadiusServer(draft)) {
      checkMessageAuthenticator(draft, report)
      checkPassThrough(draft, sections, report)
    }
    if (draft.kind === 'radius_server_challenge') checkPrompt(draft, report)
    if (draft.kind === 'ldap_server_auto') checkLdapServer(draft, sections, report)
  }
}

function checkFailmode(draft: Draft & {options: {failmode?: string}}, report: Report): void {
  if (draft.options.failmode !== 'safe') return
  const explicit = givenOf(draft, 'failmode') !== undefined
  report('failmodeSafe', valueSite(draft, 'failmode'), {section: draft.name, explicit})
}

function checkMessageAuthenticator(
  draft: Draft & {options: {force_message_authenticator?: boolean; require_message_authenticator?: string}},
  report: Report,
): void {
  const other = givenOf(draft, 'require_message_authenticator')
  if (other === undefined || draft.options.force_message_authenticator !== true) return
  const required = draft.options.require_message_authenticator
  if (required === undefined || required === 'yes') return
  report('contradiction', valueSite(draft, 'force_message_authenticator'), {
    key: 'force_message_authenticator=true',
    other: `require_message_authenticator=${required}`,
    otherLine: other.entry.at.line,
  })
}

function checkPassThrough(draft: Draft, sections: readonly Draft[], report: Report): void {
  if (!('client' in draft.options)) return
  const client = draft.options.client
  const kind = sections.find((section) => section.name === client)?.kind
  if (kind === undefined || kind === 'radius_client') return
  for (const key of ['pass_through_all', 'pass_through_attr_names']) {
    const given = givenOf(draft, key)
    if (given === undefined || given.value === false) continue
    const condition = `its client is [${client}], and only a [radius_client] takes attributes`
    report('ineffectiveOption', keySite(draft, given.entry), {key, condition, section: draft.name})
  }
}

function checkPrompt(draft: DraftOf<'radius_server_challenge'>, report: Report): void {
  const {prompt_format, prompt_overflow} = draft.options
  if (prompt_format === 'html' && prompt_overflow === 'short') {
    report('htmlOverflow', valueSite(draft, 'prompt_format'), {section: draft.name})
  }
}

function checkLdapServer(draft: DraftOf<'ldap_server_auto'>, sections: readonly Draft[], report: Report): void {
  const {client, allow_unlimited_binds, exempt_primary_bind} = draft.options
  const kind = sections.find((section) => section.name === client)?.kind
  if (client !== undefined && kind !== undefined && kind !== 'ad_client') {
    report('wrongClientKind', valueSite(draft, 'client'), {name: client, wanted: 'an [ad_client] section'})
  }
  if (allow_unlimited_binds && exempt_primary_bind) {
    report('contradiction', valueSite(draft, 'allow_unlimited_binds'), {
      key: 'allow_unlimited_binds=true',
      other: 'exempt_primary_bind=true (the default)',
      otherLine: givenOf(draft, 'exempt_primary_bind')?.entry.at.line ?? sectionSite(draft).line,
    })
  }
}
