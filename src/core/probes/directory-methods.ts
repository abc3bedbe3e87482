import {simpleBind} from '../primary/ldap/bind.ts'
import {present} from '../primary/ldap/filter.ts'
import {createNtlmBind} from '../primary/ldap/ntlm-bind.ts'
import {resultCode} from '../primary/ldap/reasons.ts'
import {LdapSession} from '../primary/ldap/session.ts'
import {createConnect} from '../primary/ldap/transport.ts'
import {Secret} from '../secret.ts'
import type {DirectoryAt} from './directory-at.ts'
import {ok, type ProbeResult, skipped} from './probe.ts'

/** Nobody's name: it shows which kinds of bind are looked at, and locks no account. */
const NOBODY = 'authproxy-connectivity-check'

/**
 * Which kinds of bind the server takes on this transport, tried with a made-up name and a made-up password: it is the
 * server that says whether it would look at them. Nothing of the configuration is sent.
 */
export async function probeMethods(at: DirectoryAt, signal: AbortSignal): Promise<ProbeResult> {
  const mechanisms = await offered(at, signal)
  const plain = await tried(at, 'plain', signal)
  const ntlm = await tried(at, 'ntlm', signal)
  if (plain === 'no answer' && ntlm === 'no answer' && mechanisms === undefined) {
    return skipped('the directory answers nothing; see "bind"')
  }
  const sasl = mechanisms === undefined || mechanisms.length === 0 ? 'not told' : mechanisms.join(' ')
  return ok(`on ${at.options.transport}: plain ${plain}; ntlm2 ${ntlm}; SASL mechanisms: ${sasl}`)
}

/** What the root entry says (RFC 4512 5.1), which everybody may read; some servers show it to nobody. */
async function offered(at: DirectoryAt, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const session = await open(at, signal)
  if (session === undefined) return undefined
  const attributes = ['supportedSASLMechanisms']
  const found = await session.search(
    {base: '', scope: 'base', filter: present('objectClass'), attributes, sizeLimit: 1, timeLimitSeconds: 0},
    signal,
  )
  session.close()
  if (found.kind !== 'search') return undefined
  return found.entries[0]?.attributes.get('supportedsaslmechanisms')?.map((value) => value.toString('utf8'))
}

async function tried(at: DirectoryAt, method: 'plain' | 'ntlm', signal: AbortSignal): Promise<string> {
  const session = await open(at, signal)
  if (session === undefined) return 'no answer'
  const {world} = at.context
  const bind = method === 'plain' ? simpleBind : createNtlmBind({version: 2, workstation: ''}, world)
  const name = method === 'plain' ? `cn=${NOBODY},${at.options.searchDn}` : NOBODY
  const password = new Secret(world.randomBytes(12).toString('base64url'))
  const account = {domain: at.options.ntlmDomain, userName: NOBODY}
  const outcome = await bind(session, at.host.name, {name, account, password}, signal)
  session.close()
  switch (outcome.kind) {
    case 'bound':
    case 'refused':
      return 'taken'
    case 'not-processed': {
      const {code} = outcome.result
      const wantsMore = code === resultCode.strongerAuthRequired || code === resultCode.confidentialityRequired
      return wantsMore ? 'refused: signing or TLS is required' : `refused (LDAP result ${code})`
    }
    case 'protocol':
      return `not understood (${outcome.detail})`
    case 'no-answer':
      return 'no answer'
  }
}

async function open({options, host}: DirectoryAt, signal: AbortSignal): Promise<LdapSession | undefined> {
  const connection = await createConnect(options)(host.name, signal)
  return connection.ok ? new LdapSession(connection.stream, connection.tls) : undefined
}
