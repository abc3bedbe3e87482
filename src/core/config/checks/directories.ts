import {parseAddress} from '../../network.ts'
import type {Report} from '../diagnostic.ts'
import {type DraftOf, givenOf, sectionSite, valueSite} from '../draft.ts'
import type {Whole} from '../whole.ts'

/** [ad_client]: how the directory is reached, and whether passwords are safe on the way. */
export function checkDirectories({sections, context}: Whole, report: Report): void {
  for (const draft of sections) {
    if (draft.kind !== 'ad_client') continue
    checkTransport(draft, report)
    const {auth_type} = draft.options
    if (auth_type === 'ntlm1') report('brokenNtlm', valueSite(draft, 'auth_type'), {section: draft.name})
    if (auth_type === 'sspi' && !context.hasKerberos) {
      report('sspiUnavailable', valueSite(draft, 'auth_type'), {})
    } else if (auth_type === 'sspi' && draft.options.transport === 'clear') {
      report('sspiInClear', valueSite(draft, 'auth_type'), {section: draft.name})
    }
  }
}

function checkTransport(draft: DraftOf<'ad_client'>, report: Report): void {
  const {transport, auth_type, ssl_verify_hostname} = draft.options
  const section = draft.name
  if (transport === 'clear') {
    if (auth_type === 'plain') report('plainOverClear', valueSite(draft, 'auth_type'), {section})
    return
  }
  if (transport === undefined) return
  const hasCaFile = givenOf(draft, 'ssl_ca_certs_file') !== undefined
  if (ssl_verify_hostname === false) {
    if (!hasCaFile) report('noVerification', valueSite(draft, 'ssl_verify_hostname'), {section})
    return
  }
  if (!hasCaFile) report('missingCaFile', sectionSite(draft), {section})
  for (const given of draft.given) {
    if (given.option !== 'host' || typeof given.value !== 'string' || parseAddress(given.value) === undefined) continue
    report('addressWithTls', valueSite(draft, 'host', given.number), {host: given.value})
  }
}
