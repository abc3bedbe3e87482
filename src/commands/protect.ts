import * as Flags from '@oclif/core/flags'
import {BaseCommand} from '../base-command.ts'
import {machineProtector} from '../config-context.ts'
import {locateConfigFile} from '../config-file.ts'
import {configFlag} from '../config-flag.ts'
import {type FileProtection, protectFile} from '../core/config/protect/protect-file.ts'
import {readLocalFile} from '../core/config/read-file.ts'
import {Fault} from '../core/fault.ts'
import {ask, canAsk, secretFromInput} from '../terminal-input.ts'

export default class Protect extends BaseCommand {
  static override description = `Encrypt a secret for authproxy.cfg, or all secrets in it

Without --whole-config it asks for one secret (or reads it from standard input) and prints its protected form, to be
written behind the protected key: skey_protected=..., radius_secret_protected_1=..., secret_protected=... and so on.

A protected value can be read on this machine only: with the key beside the configuration file (authproxy.key, made at
the first use), on Windows with the key of the machine (DPAPI). Keep a copy of the secrets elsewhere.`

  static override examples = [
    '<%= config.bin %> protect',
    '<%= config.bin %> protect < secret.txt',
    '<%= config.bin %> protect --whole-config',
  ]

  static override flags = {
    config: configFlag,
    'whole-config': Flags.boolean({
      description:
        'Replace every secret in clear in the file. Comments, order and spacing stay; the old file is kept as FILE.bak, FILE.bak.1 ... (0600)',
    }),
    yes: Flags.boolean({char: 'y', description: 'Do not ask before the file is replaced', dependsOn: ['whole-config']}),
    'dry-run': Flags.boolean({
      description: 'Say what would be replaced, and change nothing',
      dependsOn: ['whole-config'],
    }),
  }

  async run(): Promise<unknown> {
    const {flags} = await this.parse(Protect)
    const file = locateConfigFile(flags.config)
    return flags['whole-config'] ? this.protectAll(file, flags.yes, flags['dry-run']) : this.protectOne(file)
  }

  private async protectOne(file: string): Promise<unknown> {
    const secret = await secretFromInput('Secret: ')
    if (secret.isEmpty) throw new Fault('usage', 'the secret is empty')
    if (canAsk() && !secret.equals(await secretFromInput('Again: '))) {
      throw new Fault('usage', 'the two are not the same')
    }
    const value = machineProtector(file).protect(secret)
    this.log(value)
    return {file, value}
  }

  private async protectAll(file: string, yes: boolean, dryRun: boolean): Promise<unknown> {
    const protection = protectFile(file, process.platform, readLocalFile, machineProtector(file))
    const {keys, skipped} = protection
    this.list(file, protection)
    if (keys.length === 0 || dryRun)
      return {file, protected: dryRun ? [] : keys, skipped, ...(dryRun ? {planned: keys} : {})}
    if (!yes) {
      if (!canAsk()) throw new Fault('usage', 'there is no terminal to ask on', {hint: 'add --yes'})
      if (!(await isConfirmed(`Replace ${keys.length} secrets in ${file}? [y/N] `))) {
        process.exitCode = 1
        return {file, protected: [], skipped}
      }
    }
    const backup = protection.write()
    this.log(`The old file is ${backup}. It holds these secrets in clear: remove it when the new one is proved.`)
    return {file, backup, protected: keys, skipped}
  }

  private list(file: string, {keys, skipped}: FileProtection): void {
    for (const {section, key, line} of keys) this.log(`${file}:${line} [${section}] ${key}`)
    for (const {section, key, line, why} of skipped)
      this.log(`${file}:${line} [${section}] ${key} stays, because ${why}`)
    if (keys.length === 0) this.log(`${file}: no secret in clear`)
  }
}

async function isConfirmed(question: string): Promise<boolean> {
  const answer = await ask(question, {hidden: false})
  return answer !== undefined && /^y(es)?$/i.test(answer.reveal().trim())
}
