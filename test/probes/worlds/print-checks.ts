// Runs the checks of one section in a process of its own, in whatever world that process was put, and prints them.

import {configContext} from '../../../src/config-context.ts'
import {loadChecked} from '../../../src/core/config/load-checked.ts'
import {probesFor} from '../../../src/core/probes/probes-for.ts'
import {startProbes} from '../../../src/core/probes/run-probes.ts'
import {realWorld} from '../../../src/core/world.ts'
import {probeContext} from '../../../src/probe-edge.ts'

const [file = '', only = 'main'] = process.argv.slice(2)
const {config} = loadChecked(file, await configContext(file))
const wishes = {version: '0.0.0', timeoutMs: 5000, user: undefined, radiusUser: undefined}
const list = probesFor(config, probeContext(config, wishes), only)
const {signal} = new AbortController()
const checks = await startProbes(list.probes, {world: realWorld, timeoutMs: 5000, signal}).all
await list.close()
process.stdout.write(JSON.stringify(checks))
