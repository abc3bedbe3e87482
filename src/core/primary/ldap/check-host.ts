import type {World} from '../../world.ts'
import type {DirectoryHost, HostFailure} from './directory-host.ts'
import {anyUser, type UserSearch} from './find-user.ts'

export type HostCheckStep = {
  readonly step: 'connect' | 'bind' | 'search'
  readonly ok: boolean
  readonly detail: string
  readonly elapsedMs: number
}

/** The steps that were made, up to the first that failed. */
export type HostCheck = {readonly host: string; readonly steps: readonly HostCheckStep[]}

/** Tries on one server what every login needs: a connection, the service account, and at least one user to be found. */
export async function checkHost(
  host: DirectoryHost,
  search: UserSearch,
  world: World,
  signal: AbortSignal,
): Promise<HostCheck> {
  const steps: HostCheckStep[] = []
  async function step(name: HostCheckStep['step'], work: () => Promise<HostFailure | string>): Promise<boolean> {
    const startMs = world.monotonicMs()
    const outcome = await work()
    const ok = typeof outcome === 'string'
    const detail = typeof outcome === 'string' ? outcome : outcome.detail
    steps.push({step: name, ok, detail, elapsedMs: world.monotonicMs() - startMs})
    return ok
  }
  const isUp =
    (await step('connect', async () => (await host.tryConnect(signal)) ?? 'connected')) &&
    (await step('bind', async () => (await host.probe(signal)) ?? 'the service account is accepted'))
  if (isUp) {
    await step('search', async () => {
      const found = await anyUser(host, search, signal)
      if (found.kind === 'failure') return found
      if (found.entries.length > 0) return 'users are found'
      return {
        kind: 'failure',
        reason: 'answered',
        detail: 'no user is found: see search_dn, security_group_dn, ldap_filter',
      }
    })
  }
  return {host: host.name, steps}
}
