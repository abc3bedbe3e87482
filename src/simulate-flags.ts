import * as Flags from '@oclif/core/flags'
import {configFlag} from './config-flag.ts'
import {Fault} from './core/fault.ts'
import {loginMethods} from './core/simulate/credentials.ts'
import {profileNames} from './core/simulate/profiles.ts'

/** A probability; oclif has no flag for fractions. */
const probability = Flags.custom<number>({
  helpValue: 'P',
  helpGroup: 'LOAD AND FAULTS',
  parse: async (text) => {
    const value = Number(text)
    if (!(value >= 0 && value <= 1)) throw new Fault('usage', `expected a number from 0 to 1, got ${text}`)
    return value
  },
})

export const simulateFlags = {
  server: Flags.string({
    helpValue: 'HOST[:PORT]',
    description: 'The RADIUS server to ask; else that of the configuration file; else an embedded one',
  }),
  'secret-file': Flags.file({
    helpValue: 'FILE',
    exists: true,
    description: 'File with the shared secret for --server (or the environment variable AUTHPROXY_SECRET)',
  }),
  config: configFlag,
  section: Flags.string({helpValue: 'NAME', description: 'The server section to ask, when the file has several'}),
  user: Flags.string({char: 'u', helpValue: 'NAME', description: 'User-Name'}),
  password: Flags.string({
    helpValue: '-',
    description: '"-": asked, or the first line of standard input. A password is never taken from the command line',
    exclusive: ['password-file'],
  }),
  'password-file': Flags.file({helpValue: 'FILE', exists: true, description: 'File with the password'}),
  'new-password-file': Flags.file({
    helpValue: 'FILE',
    exists: true,
    description: 'File with the password that an expired one is changed to (with --method mschapv2)',
  }),
  answer: Flags.string({
    char: 'a',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'TEXT',
    description: 'What the user types at a challenge; again for each further round',
  }),
  method: Flags.option({options: loginMethods, description: 'How the password travels'})({default: 'pap'}),
  profile: Flags.option({options: profileNames, description: 'Which gateway this is'})({default: 'ivanti'}),
  'client-ip': Flags.string({
    helpValue: 'ADDRESS',
    description: "The user's own address, as the gateway tells it (Tunnel-Client-Endpoint for Ivanti)",
    default: '198.51.100.7',
  }),
  'calling-station-id': Flags.string({
    helpValue: 'TEXT',
    description: 'Calling-Station-Id, which Ivanti does not send',
  }),
  attribute: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME=VALUE',
    description: 'An attribute to send; takes the place of the same one of the profile',
  }),
  expect: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'NAME=VALUE',
    description: 'An attribute that the Accept must bring; one that was lost is told, and ends with 1',
  }),
  timeout: Flags.integer({
    helpValue: 'SECONDS',
    min: 1,
    max: 600,
    description: 'How long to wait for each transmission',
  }),
  retries: Flags.integer({helpValue: 'N', min: 0, max: 20, description: 'How often the same octets are sent again'}),
  trace: Flags.boolean({description: 'Print every packet, secrets masked'}),
  scenario: Flags.file({
    helpValue: 'FILE',
    exists: true,
    description: 'Play a transcript (docs/simulate.md) against an embedded proxy, or its NAS side against --server',
  }),
  count: Flags.integer({helpGroup: 'LOAD AND FAULTS', helpValue: 'N', min: 1, description: 'So many logins'}),
  concurrency: Flags.integer({
    helpGroup: 'LOAD AND FAULTS',
    helpValue: 'N',
    min: 1,
    max: 20_000,
    default: 1,
    description: 'So many at a time',
  }),
  rate: Flags.integer({helpGroup: 'LOAD AND FAULTS', helpValue: 'N', min: 1, description: 'Logins begun each second'}),
  drop: probability({description: 'Lose this share of all datagrams', default: 0}),
  duplicate: probability({description: 'Double this share', default: 0}),
  reorder: probability({description: 'Let others overtake this share', default: 0}),
  'second-server': Flags.string({
    helpGroup: 'LOAD AND FAULTS',
    helpValue: 'HOST[:PORT]',
    description: 'Asked when the first one does not answer, as a gateway with a backup server does',
  }),
}
