import type {TestContext} from 'node:test'
import type {ProbeContext} from '../../../src/core/probes/probe-context.ts'
import type {FakePrimaryOptions} from '../../../src/core/simulate/radius-primary.ts'
import {freeradiusSecret, startFreeRadius} from '../../support/freeradius.ts'
import {needsProgram} from '../../support/needs-program.ts'
import type {BrokenWorld} from './broken-world.ts'
import {checksOf, cloud, freeUdpPort, type Options, radiusSection, radiusServer, serverSection} from './world.ts'

const SECTION = 'radius_client'

type Setup = {
  readonly server?: Partial<FakePrimaryOptions>
  readonly section?: () => Promise<Options> | Options
  readonly context?: Partial<ProbeContext>
}

function radiusWorld(setup: Setup = {}): BrokenWorld['checks'] {
  return async (t) => {
    const {endpoint} = await radiusServer(t, setup.server)
    return around(t, radiusSection(endpoint, (await setup.section?.()) ?? {}), setup.context)
  }
}

async function around(t: TestContext, section: Options, context: Partial<ProbeContext> = {}) {
  const sections = {[SECTION]: section, radius_server_challenge: await serverSection(t, await cloud(t))}
  return checksOf(t, {sections, context: {timeoutMs: 15_000, ...context}}, SECTION)
}

const sameSecret = "make secret the same as the server's for this client, character by character"

export const radiusWorlds: readonly BrokenWorld[] = [
  {
    broken: 'The name of the RADIUS server does not resolve',
    check: 'dns',
    status: 'failed',
    says: 'the name <radius.example.com> does not exist (ENOTFOUND)',
    next: 'check the spelling in the configuration, and the search domains of this machine',
    checks: radiusWorld({section: () => ({host: 'radius.example.invalid'})}),
  },
  {
    broken: 'No RADIUS server listens there',
    check: 'status-server',
    status: 'failed',
    says: 'nobody listens on <host:port> (ECONNREFUSED)',
    next: 'check host and port, and that the server runs',
    checks: radiusWorld({section: async () => ({port: await freeUdpPort()})}),
  },
  {
    broken: 'The RADIUS server stays silent',
    check: 'access-request',
    status: 'failed',
    says: '<host:port> answers neither Status-Server nor Access-Request',
    next: 'let UDP <1812> through to it, add <192.0.2.10> to its clients, and compare the secret: servers stay silent to strangers and to a wrong secret',
    checks: radiusWorld({server: {mode: 'silent'}}),
  },
  {
    broken: 'The shared secret of the RADIUS server is another one, and it answers Status-Server',
    check: 'status-server',
    status: 'failed',
    says: '<host:port> answers, but with another shared secret (bad-response-authenticator)',
    next: sameSecret,
    checks: radiusWorld({server: {mode: 'wrong-secret'}}),
  },
  {
    broken: 'The shared secret is another one, and the server (FreeRADIUS) drops what it cannot verify',
    check: 'access-request',
    status: 'failed',
    says: '<host:port> answers, but with another shared secret (bad-response-authenticator)',
    next: sameSecret,
    checks: async (t) => {
      if (!needsProgram(t, 'freeradius', 'freeradius')) return undefined
      const server = await startFreeRadius()
      t.after(server.stop)
      return around(t, radiusSection({port: server.laxPort}, {secret: `${freeradiusSecret}-mistyped`}))
    },
  },
  {
    broken: 'The RADIUS server does not know Status-Server',
    check: 'status-server',
    status: 'warning',
    says: '<host:port> does not answer Status-Server, as many servers do not',
    next: 'see "access-request"; with Status-Server a dead server costs no login any time',
    checks: radiusWorld({server: {answersStatus: false}}),
  },
  {
    broken: 'The answers of the RADIUS server have no Message-Authenticator',
    check: 'access-request',
    status: 'warning',
    says: 'rejects "nobody", as it should; its answer is without Message-Authenticator',
    next: 'update the server or switch Message-Authenticator on: without it answers can be forged (CVE-2024-3596)',
    checks: radiusWorld({server: {signReplies: false}, context: {radiusUser: 'nobody'}}),
  },
]
