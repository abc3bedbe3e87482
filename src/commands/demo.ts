import * as Flags from '@oclif/core/flags'
import {BaseCommand} from '../base-command.ts'
import type {Happening} from '../core/simulate/demonstration.ts'
import type {LoginJson} from '../core/simulate/login-json.ts'
import {painter} from '../render.ts'

const phoneAnswers = ['approve', 'deny', 'fraud', 'wait'] as const

export default class Demo extends BaseCommand {
  static override description = `Show one login step by step, with everything on this machine

The real proxy, with a VPN gateway, a directory, a Duo cloud and a phone of its own on the loopback address.
Needs no configuration, no network and no root.

Exit codes: 0 accepted, 1 rejected, 3 no answer in time.`

  static override examples = [
    '<%= config.bin %> demo',
    '<%= config.bin %> demo --phone deny',
    '<%= config.bin %> demo --answer 123456',
  ]

  static override flags = {
    user: Flags.string({description: 'Who logs in', default: 'jdoe', helpValue: 'NAME'}),
    answer: Flags.string({
      description: 'What the user types at the prompt; 123456 is a passcode that is right',
      default: '1',
      helpValue: 'TEXT',
    }),
    phone: Flags.option({options: phoneAnswers, description: 'What the person does with the phone'})({
      default: 'approve',
    }),
  }

  async run(): Promise<LoginJson & {happenings: readonly Happening[]}> {
    const {flags} = await this.parse(Demo)
    const [{demonstrate}, {loginJson}, {startProxy}, {realWorld}, {exitCodeOf}, {outcomeLine}, {happeningLines}] =
      await Promise.all([
        import('../core/simulate/demonstration.ts'),
        import('../core/simulate/login-json.ts'),
        import('../embedded-proxy.ts'),
        import('../core/world.ts'),
        import('../simulate-run.ts'),
        import('../render-login.ts'),
        import('../render-demo.ts'),
      ])
    const paint = painter(process.stdout, flags['no-color'])
    const happenings: Happening[] = []
    this.log(
      'A user logs in to a VPN gateway. The proxy between it, the directory and Duo\nis the real one, all the others are fakes on this machine.\n',
    )
    const report = await demonstrate({
      startProxy,
      world: realWorld,
      userName: flags.user,
      answer: flags.answer,
      phone: flags.phone,
      onHappening: (happening) => {
        happenings.push(happening)
        for (const line of happeningLines(paint, happening)) this.log(line)
      },
    })
    const login = loginJson(report)
    this.log(`\n${outcomeLine(paint, login)}`)
    process.exitCode = exitCodeOf(report.outcome)
    return {...login, happenings}
  }
}
