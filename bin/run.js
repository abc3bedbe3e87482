#!/usr/bin/env node
// Plain JavaScript on purpose: it must start on any Node to say which Node is missing.
const [major, minor] = process.versions.node.split('.').map(Number)
if (!(major > 25 || (major === 24 && minor >= 15))) {
  process.stderr.write(
    `authproxy needs Node.js 24.15 or later in the 24 line, or 26 and later; this is ${process.version}. ` +
      'In a checkout, "npm ci" brings the right one: use "npm exec -- authproxy".\n',
  )
  process.exit(2)
}
// Name look-ups, files and journals share libuv's threads: with its four, a name server that is down would stop them all.
process.env.UV_THREADPOOL_SIZE ??= '16'
keepCompiledCode()
if (process.argv.length === 3 && process.argv[2] === '--version') {
  // As oclif says it, which takes four times as long.
  process.stdout.write(`authproxy/${await version()} ${process.platform}-${process.arch} node-${process.version}\n`)
} else if (!(await runsPlainly())) {
  // The parts of oclif that are used and no others, here and in src: its index loads 60 modules more (20 ms, 3 MB).
  const {execute} = await import('@oclif/core/execute')
  await execute({dir: import.meta.url})
}

/** What is run before every start, and the service itself, need no oclif: what is out of the ordinary in them is left to it. */
async function runsPlainly() {
  const [, , command, ...argv] = process.argv
  if (process.env.DEBUG) return false
  if (command === 'validate') {
    const {plainValidate} = await import('../dist/plain-validate.js')
    return plainValidate(argv)
  }
  if (command === 'serve') {
    const {plainServe} = await import('../dist/plain-serve.js')
    return plainServe(argv, await version())
  }
  return false
}

async function version() {
  const {default: about} = await import('../package.json', {with: {type: 'json'}})
  return about.version
}

/**
 * Compiled code is kept for the next start. Not in the folder of temporary files, Node's default: whoever makes it there
 * first could give other users code to run. Without a home that is this user's own, nothing is kept.
 */
function keepCompiledCode() {
  const [{enableCompileCache}, {statSync}, {homedir}] = ['node:module', 'node:fs', 'node:os'].map(
    process.getBuiltinModule,
  )
  if (process.platform === 'win32') return void enableCompileCache()
  try {
    const home = homedir()
    if (statSync(home).uid === process.getuid()) enableCompileCache(`${home}/.cache/authproxy`)
  } catch {
    // There is no home.
  }
}
