import type {Report} from '../diagnostic.ts'
import {type Draft, isRadiusServer, type RadiusServerDraft, sectionSite} from '../draft.ts'
import type {Whole} from '../whole.ts'

/** How long a push lives at Duo. */
const PUSH_SECONDS = 60
/** The least that a person needs to find the phone and answer a push. */
const PERSON_SECONDS = 20
/** Our limit for preauth where api_timeout sets none. */
const PREAUTH_SECONDS = 10

type Stage = {readonly label: string; readonly seconds: number}
/** One request of the NAS, and what it may wait for, one after the other. */
type Wait = {readonly what: string; readonly stages: readonly Stage[]}

/** Does the NAS wait long enough for what may happen in one request? */
export function checkTimeBudget({main, sections}: Whole, report: Report): void {
  const {nas_timeout, nas_retries} = main.options
  if (nas_timeout === undefined || nas_retries === undefined) return
  const budget = nas_timeout * (nas_retries + 1)
  for (const server of sections.filter(isRadiusServer)) {
    for (const {what, stages} of waitsOf(server, sections)) {
      const worst = stages.reduce((sum, stage) => sum + stage.seconds, 0)
      if (worst <= budget) continue
      const timeline = drawTimeline(stages, budget)
      const advice = adviceFor(worst, nas_retries, stages)
      report('timeBudget', sectionSite(server), {what, section: server.name, worst, budget, timeline, advice})
    }
  }
}

/** A challenge is answered in a request of its own; the other servers do everything in one. */
function waitsOf(server: RadiusServerDraft, sections: readonly Draft[]): Wait[] {
  const primary = primaryStages(server, sections)
  const timeout = 'api_timeout' in server.options ? server.options.api_timeout : undefined
  const preauth: Stage = {label: 'Duo preauth', seconds: timeout ? timeout : PREAUTH_SECONDS}
  if (server.kind === 'radius_server_challenge') {
    return [
      {what: 'the first request of a login', stages: [...primary, preauth]},
      {what: 'the answer to the challenge', stages: [{label: 'Duo push', seconds: PUSH_SECONDS}]},
    ]
  }
  return [{what: 'a login', stages: [...primary, preauth, {label: 'user answers the push', seconds: PERSON_SECONDS}]}]
}

function primaryStages(server: RadiusServerDraft, sections: readonly Draft[]): Stage[] {
  const name = 'client' in server.options ? server.options.client : undefined
  const client = sections.find((section) => section.name === name)
  if (client?.kind === 'ad_client') {
    const {host: hosts = [], timeout = 0} = client.options
    const seconds = hosts.length * timeout
    return [
      {label: `[${client.name}] ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'} x ${timeout} s`, seconds},
    ]
  }
  if (client?.kind === 'radius_client') {
    const {retries = 0, retry_wait = 0} = client.options
    return [{label: `[${client.name}] ${retries + 1} sendings x ${retry_wait} s`, seconds: (retries + 1) * retry_wait}]
  }
  return []
}

function adviceFor(worst: number, retries: number, stages: readonly Stage[]): string {
  const timeout = Math.ceil(worst / (retries + 1))
  const raise = `let the NAS wait ${timeout} s, and write nas_timeout=${timeout} into [main]`
  const hasPrimary = stages.some((stage) => stage.label.startsWith('['))
  return hasPrimary ? `${raise}; or name fewer hosts, or shorten their timeouts` : raise
}

const WIDTH = 40

/** One bar for each stage on a common axis, and the moment the NAS gives up. */
function drawTimeline(stages: readonly Stage[], budget: number): string {
  const worst = stages.reduce((sum, stage) => sum + stage.seconds, 0)
  const column = (seconds: number) => Math.round((seconds / worst) * WIDTH)
  const labels = [...stages.map((stage) => stage.label), 'NAS gives up']
  const labelWidth = Math.max(...labels.map((label) => label.length))
  let elapsed = 0
  const bars = stages.map(({label, seconds}) => {
    const from = column(elapsed)
    const to = Math.max(from + 1, column(elapsed + seconds))
    const bar = `${' '.repeat(from)}${'='.repeat(to - from)}`.padEnd(WIDTH)
    const range = `${elapsed}-${elapsed + seconds} s`
    elapsed += seconds
    return `    ${label.padEnd(labelWidth)} |${bar}| ${range}`
  })
  const mark = `${' '.repeat(Math.max(0, column(budget) - 1))}^`
  return [...bars, `    ${'NAS gives up'.padEnd(labelWidth)} |${mark.padEnd(WIDTH)}| ${budget} s`].join('\n')
}
