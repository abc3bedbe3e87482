import {readFileSync} from 'node:fs'
import {join} from 'node:path'

type LockedPackage = {
  readonly version?: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
}

/**
 * What is shipped, as CycloneDX 1.5: the production dependencies as package-lock.json pins them, and the Node runtime where
 * it comes along. `npm sbom --omit=dev` leaves out what a development dependency needs too, @oclif/core among them.
 */
export function billOfMaterials(root: string, nodeVersion: string | undefined): string {
  const {name, version, packages} = readLock(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const components = Object.entries(packages)
    .filter(([path, locked]) => path !== '' && locked.dev !== true && locked.optional !== true)
    .map(([path, locked]) => libraryOf(path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length), locked))
  const runtime = {
    type: 'platform',
    name: 'node',
    version: nodeVersion,
    purl: `pkg:generic/node@${nodeVersion}`,
    licenses: [{license: {id: 'MIT'}}],
  }
  const list = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {component: {type: 'application', name, version, purl: purl(name, version)}},
    components: nodeVersion === undefined ? components : [...components, runtime],
  }
  return `${JSON.stringify(list, undefined, 2)}\n`
}

function libraryOf(name: string, {version = '', integrity, license}: LockedPackage) {
  return {
    type: 'library',
    name,
    version,
    purl: purl(name, version),
    ...(license === undefined ? {} : {licenses: [{expression: license}]}),
    ...(integrity?.startsWith('sha512-') ? {hashes: [{alg: 'SHA-512', content: hex(integrity)}]} : {}),
  }
}

function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace(/^@/, '%40')}@${version}`
}

function hex(integrity: string): string {
  return Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex')
}

function readLock(text: string): {name: string; version: string; packages: Record<string, LockedPackage>} {
  return JSON.parse(text)
}
