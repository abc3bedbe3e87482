import {spawnSync} from 'node:child_process'

/**
 * What is shipped, as CycloneDX: npm's own list of the production dependencies, and the Node runtime that comes along.
 * Throws a plain error when npm cannot tell.
 */
export function billOfMaterials(root: string, nodeVersion: string | undefined): string {
  const {status, stdout, stderr} = spawnSync(
    'npm',
    ['sbom', '--omit=dev', '--sbom-format=cyclonedx', '--package-lock-only'],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 32 * 1024 * 1024,
    },
  )
  if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`)
  const list = JSON.parse(stdout)
  // npm takes the name of the folder.
  list.metadata.component.name = 'authproxy'
  if (nodeVersion !== undefined) {
    list.components.push({
      'bom-ref': `node@${nodeVersion}`,
      type: 'platform',
      name: 'node',
      version: nodeVersion,
      purl: `pkg:generic/node@${nodeVersion}`,
      licenses: [{license: {id: 'MIT'}}],
    })
  }
  return `${JSON.stringify(list, undefined, 2)}\n`
}
