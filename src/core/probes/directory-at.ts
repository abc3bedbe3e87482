import type {DirectoryHost} from '../primary/ldap/directory-host.ts'
import type {LdapOptions} from '../primary/ldap/options.ts'
import type {ProbeContext} from './probe-context.ts'

/** One server of an [ad_client], the options of the section, and what probes take from outside. */
export type DirectoryAt = {
  readonly options: LdapOptions
  readonly host: DirectoryHost
  readonly context: ProbeContext
}
