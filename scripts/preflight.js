// The Node of every npm script comes from the `node` devDependency. Its binary is fetched by a nested install that the
// lock file does not cover, and `npm ci --ignore-scripts` silently leaves the system's Node in its place: check both.
import {createHash} from 'node:crypto'
import {existsSync, readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const wanted = JSON.parse(readFileSync(`${root}package.json`, 'utf8')).devDependencies.node
/** SHA-512 of bin/node in the package for each platform that somebody has verified. */
const known = JSON.parse(readFileSync(`${root}scripts/node-checksums.json`, 'utf8'))

function stop(message) {
  console.error(`preflight: ${message}`)
  process.exit(1)
}

if (process.version !== `v${wanted}`) {
  stop(
    `this is Node ${process.version}, the project's is v${wanted}. Run "npm ci" without --ignore-scripts, then use npm's scripts.`,
  )
}
const platform = `${process.platform}-${process.arch}`
const expected = known[wanted]?.[platform]
if (expected === undefined) {
  console.error(
    `preflight: no checksum on record for Node ${wanted} on ${platform}; its version is right, its bytes are unchecked`,
  )
} else if (existsSync(process.execPath)) {
  const actual = createHash('sha512').update(readFileSync(process.execPath)).digest('hex')
  if (actual !== expected)
    stop(
      `the Node binary ${process.execPath} is not the one on record for ${platform}; remove node_modules and run "npm ci" again`,
    )
}
