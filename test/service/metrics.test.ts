import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import {connect} from 'node:net'
import {type TestContext, test} from 'node:test'
import {Later} from '../../src/core/log/event.ts'
import {createLog} from '../../src/core/log/log.ts'
import type {Readiness} from '../../src/core/service/health.ts'
import {createMetrics, type MetricSources} from '../../src/core/service/metrics.ts'
import {serveMetrics} from '../../src/core/service/metrics-server.ts'
import {authRecord, login} from '../log/records.ts'
import {ManualWorld} from '../support/manual-world.ts'

const sources: MetricSources = {
  version: '1.2.3',
  readiness: () => ({ready: true, reasons: []}),
  pendingPushes: () => 2,
  pendingRequests: () => 3,
  wallAheadOfMonotonicMs: () => 1_700_000_000_000,
  certificates: () => [['duo-ca', 17.5]],
}

function counted(more: Partial<MetricSources> = {}) {
  const metrics = createMetrics({...sources, ...more})
  const log = createLog(new ManualWorld(), [], {debug: false, observers: [metrics.observers]})
  return {metrics, log}
}

test('events become counters, those that the log leaves out too', async () => {
  const {metrics, log} = counted()
  const {auth} = authRecord({bypass: 'failmode-safe'})
  const request = {address: '192.0.2.7', port: 49494, identifier: 1}
  log.emit('radius.request.received', {...request, section: 'radius_server_challenge', unread: false})
  log.emit('radius.duplicate', {...request, answered: false})
  for (let i = 0; i < 100; i++) log.emit('radius.discarded', {from: '192.0.2.9:1', reason: 'forged', detail: 'x'})
  log.emit('radius.reply.sent', {
    code: 2,
    to: '[2001:db8::7]:1645',
    identifier: 1,
    unread: false,
    attributes: new Later('', () => []),
  })
  log.emit(
    'login.decided',
    {
      section: 'radius_server_challenge',
      outcome: 'accept',
      reason: 'failmode-safe',
      elapsedMs: 700,
      told: '',
      unread: false,
      auth,
    },
    login,
  )
  log.emit('login.primary.result', {result: 'accept', reason: '', detail: '', auth}, login)
  log.emit('duo.answered', {apiHost: 'api-x', path: '/auth/v2/preauth', status: 200, elapsedMs: 80, outcome: 'ok'})
  log.emit('duo.call-failed', {apiHost: 'api-x', path: '/auth/v2/preauth', reason: 'timeout', cause: 'x'})
  log.emit('ldap.host_down', {section: 'ad_client', host: 'dc1', detail: 'x'})
  const text = await metrics.text()
  for (const line of [
    'authproxy_requests_total{client="192.0.2.7",section="radius_server_challenge"} 1',
    'authproxy_duplicates_total{client="192.0.2.7",answered="false"} 1',
    'authproxy_discarded_total{reason="forged"} 100',
    'authproxy_replies_total{client="2001:db8::7",code="2"} 1',
    'authproxy_logins_total{client="192.0.2.7",section="radius_server_challenge",outcome="accept",reason="failmode-safe"} 1',
    'authproxy_login_seconds_bucket{le="0.5",section="radius_server_challenge",outcome="accept"} 0',
    'authproxy_login_seconds_bucket{le="1",section="radius_server_challenge",outcome="accept"} 1',
    'authproxy_bypasses_total{section="radius_server_challenge",bypass="failmode-safe"} 1',
    'authproxy_primary_seconds_count{section="radius_server_challenge",result="accept"} 1',
    'authproxy_duo_seconds_count{path="/auth/v2/preauth",outcome="ok"} 1',
    'authproxy_duo_errors_total{api_host="api-x",reason="timeout"} 1',
    'authproxy_primary_up{section="ad_client",host="dc1"} 0',
    'authproxy_pending_pushes 2',
    'authproxy_pending_requests 3',
    'authproxy_certificate_days_left{name="duo-ca"} 17.5',
    'authproxy_build_info{version="1.2.3"} 1',
    'authproxy_ready 1',
  ]) {
    assert.ok(text.includes(`${line}\n`), line)
  }
  assert.match(text, /^nodejs_eventloop_lag_seconds /m)
})

test('a flood from ever new addresses makes no more labels than there are clients', async () => {
  const {metrics, log} = counted()
  for (let i = 0; i < 5000; i++) {
    log.emit('radius.duplicate', {address: `10.0.${i >> 8}.${i & 255}`, port: 1, identifier: 1, answered: true})
  }
  const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('authproxy_duplicates_total{'))
  assert.equal(lines.length, 257)
  assert.ok(lines.includes('authproxy_duplicates_total{client="other",answered="true"} 4744'))
})

async function served(t: TestContext, readiness: MetricSources['readiness'] = sources.readiness) {
  const {metrics} = counted({readiness})
  const server = await serveMetrics({listen: {host: '127.0.0.1', port: 0}, metrics, readiness})
  t.after(() => server.close())
  return {server, ask: (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init)}
}

test('the three pages are served, and nothing else', async (t) => {
  const {ask} = await served(t)
  const metrics = await ask('/metrics')
  assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  assert.match(await metrics.text(), /^# HELP authproxy_requests_total /m)
  assert.equal(await (await ask('/livez')).text(), 'alive\n')
  assert.deepEqual(await (await ask('/readyz?verbose')).json(), {ready: true, reasons: []})
  assert.equal((await ask('/')).status, 404)
  assert.equal((await ask('/../etc/passwd')).status, 404)
  assert.equal((await ask('/metrics', {method: 'POST', body: 'x'})).status, 405)
  assert.equal(await (await ask('/metrics', {method: 'HEAD'})).text(), '')
})

test('not being ready is a 503 with its reasons, and follows what is true at that moment', async (t) => {
  let now: Readiness = {ready: false, reasons: ['[ad_client] no directory answers']}
  const {ask} = await served(t, () => now)
  const before = await ask('/readyz')
  assert.equal(before.status, 503)
  assert.deepEqual(await before.json(), {ready: false, reasons: ['[ad_client] no directory answers']})
  assert.match(await (await ask('/metrics')).text(), /^authproxy_ready 0$/m)
  now = {ready: true, reasons: []}
  assert.equal((await ask('/readyz')).status, 200)
})

test('a port that is taken is a fault; nonsense is cut off', async (t) => {
  const {server, ask} = await served(t)
  await assert.rejects(
    serveMetrics({
      listen: {host: '127.0.0.1', port: server.port},
      metrics: counted().metrics,
      readiness: sources.readiness,
    }),
    /metrics_listen: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/,
  )
  const nonsense = connect(server.port, '127.0.0.1')
  nonsense.on('error', () => {})
  nonsense.write('this is no HTTP\r\n\r\n')
  await new Promise((resolve) => nonsense.once('close', resolve))
  assert.equal((await ask('/livez')).status, 200)
})

test('a clock that was set since, and hosts that a reload took away, are not reported for ever', async () => {
  let aheadMs = 1_700_000_000_000
  const {metrics, log} = counted({wallAheadOfMonotonicMs: () => aheadMs})
  log.emit('duo.clock-differs', {apiHost: 'api-x', offsetMs: 90_000})
  log.emit('ldap.host_down', {section: 'ad_client', host: 'dc1', detail: 'x'})
  const before = await metrics.text()
  assert.match(before, /^authproxy_clock_offset_seconds\{api_host="api-x"\} 90$/m)
  assert.match(before, /^authproxy_primary_up\{section="ad_client",host="dc1"\} 0$/m)
  aheadMs += 90_000
  log.emit('proxy.reloaded', {changes: []})
  const after = await metrics.text()
  assert.match(after, /^authproxy_clock_offset_seconds\{api_host="api-x"\} 0$/m)
  assert.doesNotMatch(after, /^authproxy_primary_up\{/m)
  assert.match(after, /^authproxy_reloads_total\{outcome="refused"\} 0$/m)
})

test('an alert about what must never happen sees the first time too: a counter that is new shows no increase', () => {
  const text = readFileSync(new URL('../../docs/monitoring/alerts.yml', import.meta.url), 'utf8')
  const rules = text.split('- alert: ').slice(1)
  const once = rules.filter((rule) => /increase\([^)]*\{(?![^}]*outcome)[^)]*\)\) > 0/.test(rule))
  assert.ok(once.length >= 2)
  for (const rule of once)
    assert.match(rule, /or sum by \([^)]*\) \((.*) unless \1 offset \d+m\) > 0/, rule.slice(0, 40))
})

test('every metric of the dashboard and the alerts exists', async () => {
  const {metrics} = counted()
  const known = new Set([...(await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name]) => name))
  for (const file of ['dashboard.json', 'alerts.yml']) {
    const text = readFileSync(new URL(`../../docs/monitoring/${file}`, import.meta.url), 'utf8')
    const used = new Set([...text.matchAll(/\b(?:authproxy|nodejs|process)_[a-z_]+\b/g)].map(([name]) => name))
    assert.ok(used.size > 5, file)
    for (const name of used) {
      assert.ok(known.has(name) || known.has(name.replace(/_(bucket|count|sum)$/, '')), `${file}: ${name}`)
    }
  }
})
