// A stale oclif.manifest.json hides commands: regenerate it and compare.
import {spawnSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const file = `${root}oclif.manifest.json`
const committed = readFileSync(file, 'utf8')
const {status} = spawnSync(process.execPath, [fileURLToPath(import.meta.resolve('oclif/bin/run.js')), 'manifest'], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
})
const fresh = readFileSync(file, 'utf8')
writeFileSync(file, committed)
if (status !== 0) process.exit(status ?? 1)
if (fresh !== committed) {
  console.error('check-manifest: oclif.manifest.json is stale; run "npm run manifest" and commit it')
  process.exit(1)
}
