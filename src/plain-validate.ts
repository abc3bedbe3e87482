import {resolve} from 'node:path'
import {parseArgs} from 'node:util'
import {checkFile, findingsText} from './check-file.ts'
import {wantsColor} from './terminal-color.ts'

/**
 * `validate` of one named file and nothing out of the ordinary, without oclif, which takes longer to load than a check
 * does. It writes to the octet what the command writes, or nothing at all: false means that oclif is to be asked, which
 * knows all flags, all mistakes in them, and how to tell of a file that cannot be read.
 */
export async function plainValidate(argv: readonly string[]): Promise<boolean> {
  const plain = plainForm(argv)
  if (plain === undefined) return false
  try {
    const checked = await checkFile(plain.file, plain)
    process.stdout.write(await findingsText(checked, {color: wantsColor(argv)}))
    process.exitCode = checked.exitCode
    return true
  } catch {
    return false
  }
}

function plainForm(argv: readonly string[]): {readonly file: string; readonly strict: boolean} | undefined {
  try {
    const {values, positionals} = parseArgs({
      args: [...argv],
      options: {
        config: {type: 'string', short: 'c', multiple: true},
        strict: {type: 'boolean', default: false},
        'no-color': {type: 'boolean'},
      },
      allowPositionals: true,
    })
    const named = [...positionals, ...(values.config ?? []).map((file) => resolve(file))]
    const [file = ''] = named
    return named.length === 1 && file !== '' ? {file, strict: values.strict} : undefined
  } catch {
    return undefined
  }
}
