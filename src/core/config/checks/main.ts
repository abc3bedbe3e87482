import type {Report} from '../diagnostic.ts'
import {givenOf, isRadiusServer, isServer, keySite, valueSite} from '../draft.ts'
import {sectionSpec} from '../schema.ts'
import type {Whole} from '../whole.ts'

/** [main], and whether the file has anything to run. */
export function checkMain({main, sections, context, hasSyntaxErrors}: Whole, report: Report): void {
  const servers = sections.filter(isServer)
  const runs = sections.filter((draft) => sectionSpec(draft.kind).role !== 'client')
  if (!hasSyntaxErrors && !runs.some((draft) => sectionSpec(draft.kind).served !== false)) {
    const unserved = runs.map((draft) => draft.name)
    report('nothingToServe', {line: runs[0]?.at.line ?? 1, column: 1}, {unserved})
  }
  if (main.options.log_syslog && context.platform === 'win32') {
    report('syslogOnWindows', valueSite(main, 'log_syslog'), {})
  }
  if (main.options.workers !== undefined && main.options.workers > 1 && context.platform !== 'linux') {
    report('workersNeedLinux', valueSite(main, 'workers'), {count: main.options.workers})
  }
  const {reject_delay: delay = 0, nas_timeout: timeout} = main.options
  if (timeout !== undefined && delay >= timeout)
    report('lateRejects', valueSite(main, 'reject_delay'), {delay, timeout})
  const proxyHost = givenOf(main, 'http_proxy_host')
  const ownProxy = sections.find((draft) => draft.kind === 'http_proxy')
  if (proxyHost !== undefined && ownProxy !== undefined) {
    report('twoProxies', keySite(main, proxyHost.entry), {otherLine: ownProxy.at.line})
  }
  const servesLogins = servers.some((draft) => isRadiusServer(draft) && sectionSpec(draft.kind).served !== false)
  if (servesLogins && givenOf(main, 'state_key') === undefined) {
    report('selfMadeStateKey', {line: main.at.line, column: main.at.column, section: 'main'}, {})
  }
}
