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
const {enableCompileCache} = await import('node:module')
enableCompileCache?.()
if (process.argv.length === 3 && process.argv[2] === '--version') {
  // As oclif says it, which takes four times as long.
  const {default: about} = await import('../package.json', {with: {type: 'json'}})
  process.stdout.write(`${about.name}/${about.version} ${process.platform}-${process.arch} node-${process.version}\n`)
} else {
  // The parts of oclif that are used and no others, here and in src: its index loads 60 modules more (20 ms, 3 MB).
  const {execute} = await import('@oclif/core/execute')
  await execute({dir: import.meta.url})
}
