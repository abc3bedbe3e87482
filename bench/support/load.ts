import {Secret} from '../../src/core/secret.ts'
import {type LoadReport, runLoad} from '../../src/core/simulate/load.ts'
import {Nas, type Round} from '../../src/core/simulate/nas.ts'
import {profiles} from '../../src/core/simulate/profiles.ts'
import {openUdpTransport} from '../../src/core/simulate/transport.ts'
import {realWorld} from '../../src/core/world.ts'
import {NAS_SECRET, PASSWORD, userName} from './names.ts'

/** A gateway in this process, whose users log in with their password and answer the prompt. */
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

export type Load = {
  readonly count: number
  readonly concurrency: number
  readonly rate?: number
  /** What is answered to the prompt; "1", a push, when left out. */
  readonly answer?: string
  /** The number of the first user; 0 when left out. */
  readonly firstUser?: number
  /** Gets the milliseconds of each user's logins: all rounds, without the generator's own pause between them. */
  readonly timesMs?: Map<string, number[]>
}

/** So many logins, `concurrency` at a time or `rate` a second. */
export function logIn(nas: Nas, users: number, load: Load): Promise<LoadReport> {
  const {count, concurrency, rate, answer = '1', firstUser = 0, timesMs} = load
  const attempt = (number: number) => {
    const name = userName(firstUser + (number % users))
    const times = timesMs?.get(name) ?? []
    timesMs?.set(name, times)
    const login = times.push(0) - 1
    return {
      userName: name,
      password: new Secret(PASSWORD),
      clientAddress: '198.51.100.7',
      extra: [],
      answer: async () => new Secret(answer),
      onRound({elapsedMs}: Round) {
        times[login] = (times[login] ?? 0) + elapsedMs
      },
    }
  }
  return runLoad(realWorld, nas, {count, concurrency, rate, attempt}, () => {}, new AbortController().signal)
}
