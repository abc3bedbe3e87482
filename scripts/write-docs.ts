// Writes what is derived from the schema, the table of codes and the table of broken worlds; tests compare it.
import {writeFileSync} from 'node:fs'
import {compatibilityPage} from '../src/core/config/derive/compatibility-page.ts'
import {diagnosticsPage} from '../src/core/config/derive/diagnostics-page.ts'
import {jsonSchema} from '../src/core/config/derive/json-schema.ts'
import {referencePage} from '../src/core/config/derive/reference-page.ts'
import {sampleFile} from '../src/core/config/derive/sample.ts'
import {troubleshootingPage} from '../test/probes/worlds/troubleshooting.ts'

const docs = new URL('../docs/', import.meta.url)
writeFileSync(new URL('configuration.md', docs), referencePage())
writeFileSync(new URL('compatibility.md', docs), compatibilityPage())
writeFileSync(new URL('diagnostics.md', docs), diagnosticsPage())
writeFileSync(new URL('authproxy.schema.json', docs), `${JSON.stringify(jsonSchema(), null, 2)}\n`)
writeFileSync(new URL('authproxy.sample.cfg', docs), sampleFile())
writeFileSync(new URL('troubleshooting.md', docs), troubleshootingPage())
