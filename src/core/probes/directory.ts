import type {SectionOf} from '../config/schema.ts'
import {ldapOptions} from '../engine/primaries.ts'
import {formatEndpoint} from '../network.ts'
import type {DirectoryHost} from '../primary/ldap/directory-host.ts'
import type {LdapOptions} from '../primary/ldap/options.ts'
import {probePemFile} from './certificates.ts'
import {needsLookup, probeName, probeTcp} from './network-steps.ts'
import type {ProbeContext} from './probe-context.ts'
import type {ProbeCollector} from './probe-list.ts'

/**
 * Everything a login needs of each server of an [ad_client]. The LDAP library is loaded by the probes that use it; the
 * servers share one guard, so that a wrong service password is tried once, whatever the number of servers.
 */
export function addDirectoryProbes(
  section: SectionOf<'ad_client'>,
  collector: ProbeCollector,
  context: ProbeContext,
): void {
  const {name} = section
  const {ssl_ca_certs_file: caFile, host: hosts, port} = section.options
  const {world} = context
  const authorities =
    caFile === undefined
      ? undefined
      : collector.add({
          section: name,
          target: caFile,
          check: 'authorities',
          run: async () => probePemFile(caFile, world.wallMs()),
        })
  let opened: Promise<{options: LdapOptions; hosts: readonly DirectoryHost[]}> | undefined
  const directory = () => {
    opened ??= openDirectory(section, context)
    return opened
  }
  collector.onClose(async () => {
    for (const each of (await opened?.catch(() => undefined))?.hosts ?? []) each.close()
  })
  for (const [index, host] of hosts.entries()) {
    const target = formatEndpoint({address: host, port})
    const at = {section: name, target}
    const hostAt = async () => {
      const {options, hosts: all} = await directory()
      const directoryHost = all[index]
      if (directoryHost === undefined) throw new Error('a host without its number')
      return {options, host: directoryHost, context}
    }
    const dns = needsLookup(host)
      ? collector.add({...at, target: host, check: 'dns', run: (signal) => probeName(host, context.lookup, signal)})
      : undefined
    const tcp = collector.add({...at, check: 'tcp', needs: [dns], run: (signal) => probeTcp(host, port, signal)})
    const connected =
      section.options.transport === 'clear'
        ? tcp
        : collector.add({
            ...at,
            check: section.options.transport === 'ldaps' ? 'tls' : 'starttls',
            needs: [authorities, tcp],
            run: async (signal) => (await import('./directory-tls.ts')).probeTls(await hostAt(), signal),
          })
    collector.add({
      ...at,
      check: 'auth-types',
      needs: [connected],
      run: async (signal) => (await import('./directory-methods.ts')).probeMethods(await hostAt(), signal),
    })
    const bind = collector.add({
      ...at,
      check: 'bind',
      needs: [connected],
      run: async (signal) => (await import('./directory-bind.ts')).probeBind(await hostAt(), signal),
    })
    const search = collector.add({
      ...at,
      check: 'search',
      needs: [bind],
      run: async (signal) => (await import('./directory-search.ts')).probeSearch(await hostAt(), signal),
    })
    if (section.options.security_group_dn !== undefined) {
      collector.add({
        ...at,
        check: 'group',
        needs: [search],
        run: async (signal) => (await import('./directory-search.ts')).probeGroup(await hostAt(), signal),
      })
    }
    const {user} = context
    if (user !== undefined) {
      collector.add({
        ...at,
        check: 'user',
        needs: [bind],
        run: async (signal) => (await import('./directory-user.ts')).probeUser(await hostAt(), user, signal),
      })
    }
  }
}

async function openDirectory(section: SectionOf<'ad_client'>, {log, world}: ProbeContext) {
  const options = ldapOptions(section)
  const [{assembleHosts}, {loadNegotiate}] = await Promise.all([
    import('../primary/ldap/assemble.ts'),
    import('../primary/ldap/sspi-bind.ts'),
  ])
  return {options, hosts: assembleHosts(options, log, world, loadNegotiate)}
}
