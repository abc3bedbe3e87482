import {Secret} from '../../src/core/secret.ts'
import {type LoadReport, runLoad} from '../../src/core/simulate/load.ts'
import {Nas} from '../../src/core/simulate/nas.ts'
import {profiles} from '../../src/core/simulate/profiles.ts'
import {openUdpTransport} from '../../src/core/simulate/transport.ts'
import {realWorld} from '../../src/core/world.ts'
import {NAS_SECRET, PASSWORD, userName} from './names.ts'

/** A gateway in this process, whose users log in with their password and answer the prompt with "1". */
export function openGateway(port: number, timeoutMs = 10_000): Nas {
  return new Nas({
    world: realWorld,
    profile: profiles.ivanti,
    secret: new Secret(NAS_SECRET),
    address: '192.0.2.1',
    policy: {timeoutMs, retries: 0},
    servers: [() => openUdpTransport({address: '127.0.0.1', port})],
    method: 'pap',
  })
}

/** So many logins, `concurrency` at a time or `rate` a second, of `users` users from `firstUser` on. */
export function logIn(
  nas: Nas,
  users: number,
  load: {readonly count: number; readonly concurrency: number; readonly rate?: number; readonly firstUser?: number},
): Promise<LoadReport> {
  const attempt = (number: number) => ({
    userName: userName((load.firstUser ?? 0) + (number % users)),
    password: new Secret(PASSWORD),
    clientAddress: '198.51.100.7',
    extra: [],
    answer: async () => new Secret('1'),
  })
  const {count, concurrency, rate} = load
  return runLoad(realWorld, nas, {count, concurrency, rate, attempt}, () => {}, new AbortController().signal)
}
