// Compiles src to dist, from nothing: a file that was deleted in src must not live on as a command.
import {spawnSync} from 'node:child_process'
import {rmSync} from 'node:fs'
import {createRequire} from 'node:module'
import {fileURLToPath} from 'node:url'
import {build} from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
rmSync(`${root}dist`, {recursive: true, force: true})
rmSync(`${root}node_modules/.cache/tsc/build.tsbuildinfo`, {force: true})
const tsc = fileURLToPath(import.meta.resolve('typescript/bin/tsc'))
const {status} = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {cwd: root, stdio: 'inherit'})
if (status === 0) await bundlePlainValidate()
process.exit(status ?? 1)

/** One file instead of eighty modules: finding and linking them takes longer than the check (docs/decisions/0071-bundle.md). */
function bundlePlainValidate() {
  const file = `${root}dist/plain-validate.js`
  return build({
    entryPoints: [file],
    outfile: file,
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    banner: {js: "import {createRequire} from 'node:module'\nconst require = createRequire(import.meta.url)"},
    plugins: [{name: 'load when used', setup: loadWhenUsed}],
    logLevel: 'warning',
  })
}

/** Most checks need no cryptography, no child process and no tables of characters, which take 20 ms to load. */
function loadWhenUsed({onResolve, onLoad}) {
  const require = createRequire(import.meta.url)
  onResolve({filter: /^node:|^iconv-lite$/}, ({path, namespace}) =>
    namespace === 'late' ? {path, external: true} : {path, namespace: 'late'},
  )
  onLoad({filter: /./, namespace: 'late'}, ({path}) => {
    const late = (name) =>
      `get ${JSON.stringify(name)}() { return require(${JSON.stringify(path)})[${JSON.stringify(name)}] }`
    return {contents: `module.exports = {${Object.keys(require(path)).map(late).join(',\n')}}`}
  })
}
