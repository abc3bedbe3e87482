import {readFileSync} from 'node:fs'
import type {Section, SectionOf} from '../config/schema.ts'
import {Fault} from '../fault.ts'
import type {Log} from '../log/log.ts'
import type {PrimaryAuthenticator} from '../login/primary-authenticator.ts'
import {formatEndpoint} from '../network.ts'
import type {LdapOptions} from '../primary/ldap/options.ts'
import {createNoPrimary} from '../primary/none.ts'
import {RadiusPrimary} from '../primary/radius.ts'
import {UpstreamClient, type UpstreamTrace} from '../radius/client.ts'
import {dumpPacket} from '../radius/dump.ts'
import type {LatchStore} from '../radius/latch.ts'
import type {World} from '../world.ts'

export type ClientSection = SectionOf<'ad_client'> | SectionOf<'radius_client'> | SectionOf<'duo_only_client'>

export function isClientSection(section: Section): section is ClientSection {
  return section.kind === 'ad_client' || section.kind === 'radius_client' || section.kind === 'duo_only_client'
}

export type PrimaryParts = {readonly log: Log; readonly world: World; readonly latches: LatchStore}

/** The primary authenticator of a client section. The LDAP library is loaded only when a section needs it. */
export async function createPrimary(section: ClientSection, parts: PrimaryParts): Promise<PrimaryAuthenticator> {
  switch (section.kind) {
    case 'duo_only_client':
      return createNoPrimary(section.name)
    case 'radius_client':
      return radiusPrimary(section, parts)
    case 'ad_client': {
      const {createLdapPrimary} = await import('../primary/ldap.ts')
      return createLdapPrimary(ldapOptions(section), parts.log, parts.world)
    }
  }
}

function radiusPrimary(
  {name, options}: SectionOf<'radius_client'>,
  {log, world, latches}: PrimaryParts,
): PrimaryAuthenticator {
  const dump: UpstreamTrace = (direction, {address, port}, packet) =>
    log.emit('upstream.packet', {
      section: name,
      direction,
      server: formatEndpoint({address, port}),
      lines: dumpPacket(packet),
    })
  const client = new UpstreamClient(
    {
      section: name,
      servers: options.host.map((host, index) => ({host, port: options.port[index] ?? DEFAULT_PORT})),
      secret: options.secret,
      retries: options.retries,
      retryWaitMs: options.retry_wait * 1000,
      requireMessageAuthenticator: options.require_message_authenticator,
    },
    options.debug ? {log, world, latches, trace: dump} : {log, world, latches},
  )
  const passThrough = options.pass_through_all ? 'all' : (options.pass_through_attr_names ?? [])
  return new RadiusPrimary(client, {nasIp: options.nas_ip, passwordCodec: options.pw_codec, passThrough}, log)
}

const DEFAULT_PORT = 1812

export function ldapOptions({name, options}: SectionOf<'ad_client'>): LdapOptions {
  const {service_account_username: userName, service_account_password: password} = options
  return {
    section: name,
    hosts: options.host,
    port: options.port,
    transport: options.transport,
    caCertificates: options.ssl_ca_certs_file === undefined ? undefined : readText(options.ssl_ca_certs_file),
    verifyHostname: options.ssl_verify_hostname,
    verifyDepth: options.ssl_verify_depth,
    authType: options.auth_type,
    bindDn: options.bind_dn,
    serviceAccount: userName === undefined || password === undefined ? undefined : {userName, password},
    searchDn: options.search_dn,
    securityGroupDn: options.security_group_dn,
    securityGroupNested: options.security_group_nested,
    ldapFilter: options.ldap_filter,
    usernameAttribute: options.username_attribute,
    atAttribute: options.at_attribute,
    timeoutMs: options.timeout * 1000,
    ntlmDomain: options.ntlm_domain,
    ntlmWorkstation: options.ntlm_workstation,
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Fault('file-unreadable', `cannot read the certificate authorities of ${path}`, {cause})
  }
}
