// Compiles src to dist, from nothing: a file that was deleted in src must not live on as a command.
import {spawnSync} from 'node:child_process'
import {rmSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
rmSync(`${root}dist`, {recursive: true, force: true})
rmSync(`${root}node_modules/.cache/tsc/build.tsbuildinfo`, {force: true})
const tsc = fileURLToPath(import.meta.resolve('typescript/bin/tsc'))
const {status} = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {cwd: root, stdio: 'inherit'})
process.exit(status ?? 1)
