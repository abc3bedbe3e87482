// Writes the bill of materials of the npm package to standard output.
import {fileURLToPath} from 'node:url'
import {billOfMaterials} from './sbom.ts'

process.stdout.write(billOfMaterials(fileURLToPath(new URL('..', import.meta.url)), undefined))
