// A worker of `[main] workers`: started by `serve` (worker-process.ts), and by nobody else.
import {readFileSync} from 'node:fs'
import {Socket} from 'node:net'

// The first process says when to stop; a terminal, or a service manager, tells all processes at once.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
const [{runWorker}, {configContext}, {worldSince}, {releaseStartMemory}] = await Promise.all([
  import('./core/workers/run-worker.ts'),
  import('./config-context.ts'),
  import('./worker-process.ts'),
  import('./release-start-memory.ts'),
])
const about: {readonly version: string} = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
await runWorker({
  stream: new Socket({fd: 3}),
  version: about.version,
  world: worldSince(Number(process.argv[2])),
  context: configContext,
  onServing: releaseStartMemory,
  report: (problem) => process.stderr.write(`authproxy: ${problem}\n`),
})
process.exit()
