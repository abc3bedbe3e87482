import {fileURLToPath} from 'node:url'

const program = new URL('../../bin/run.js', import.meta.url)

const throughOclif = `import {execute} from ${JSON.stringify(import.meta.resolve('@oclif/core/execute'))}
  await execute({dir: ${JSON.stringify(program.href)}})`

/** What Node is given to run the program in place of a command's short way: the program itself, and oclif alone. */
export const ways = {
  plain: [fileURLToPath(program)],
  // `-e` takes the place of the program's name, and the argument after it that of the first one.
  oclif: ['--input-type=module', '-e', throughOclif, 'authproxy'],
} as const

/** This process's environment without what decides on colours and files, and what is added to it. */
export function plainEnvironment(more: Readonly<Record<string, string>> = {}) {
  const {AUTHPROXY_CONFIG: _, FORCE_COLOR: __, NO_COLOR: ___, ...inherited} = process.env
  return {...inherited, ...more}
}
