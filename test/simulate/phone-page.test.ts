import assert from 'node:assert/strict'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {request as httpRequest} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, test} from 'node:test'
import {createDuoSecondFactor} from '../../src/core/duo/second-factor.ts'
import {createLog} from '../../src/core/log/log.ts'
import {Secret} from '../../src/core/secret.ts'
import {type DuoCloud, startDuoCloud} from '../../src/core/simulate/duo-cloud.ts'
import {labKeys} from '../../src/core/simulate/lab-keys.ts'
import {type PhonePage, startPhonePage} from '../../src/core/simulate/phone-page.ts'
import {realWorld} from '../../src/core/world.ts'

const phones = [{mask: 'XXX-XXX-1234'}]
const never = new AbortController().signal
let folder = ''
let cloud: DuoCloud
let page: PhonePage
let duo: ReturnType<typeof createDuoSecondFactor>

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'authproxy-test-'))
  cloud = await startDuoCloud({
    world: realWorld,
    integration: labKeys,
    users: [
      {userName: 'jdoe', phones},
      {userName: 'vera', phones, verifiedPush: true},
      {userName: '<img src=x onerror=alert(1)>', phones},
    ],
  })
  page = await startPhonePage(cloud, realWorld)
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, cloud.caCert)
  duo = createDuoSecondFactor(
    {
      apiHost: cloud.host,
      apiPort: cloud.port,
      ikey: labKeys.ikey,
      skey: new Secret(labKeys.skey),
      duoApi: 'v2',
      failMode: 'secure',
      preauthTimeoutMs: 10_000,
      factorTimeoutMs: 70_000,
      caFile,
      proxy: undefined,
      userAgent: 'test',
      connections: 10,
    },
    createLog(realWorld, [], {debug: false}),
    realWorld,
  )
})
after(async () => {
  await duo.close()
  await page.close()
  await cloud.close()
  rmSync(folder, {recursive: true, force: true})
})

/** Sends a push and gives its transaction id. */
async function push(userName: string): Promise<string> {
  const preauth = await duo.preauth({userName, clientAddress: '198.51.100.7'}, never)
  assert.ok(preauth.kind === 'choose')
  const choice = preauth.factors.get('1') ?? ''
  const start = await duo.begin({userName, clientAddress: '198.51.100.7', choice, carry: preauth.carry}, never)
  assert.ok(start.kind === 'pending', JSON.stringify(start))
  return start.transactionId
}

type Reply = {status: number; headers: Readonly<Record<string, unknown>>; body: string}

function ask(method: string, url: string, headers: Record<string, string> = {}, body = ''): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, {method, headers}, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({status: response.statusCode ?? 0, headers: response.headers, body: text}))
    })
    request.on('error', reject)
    request.end(body)
  })
}

const answer = (txid: string, body: unknown, headers: Record<string, string> = {}) =>
  ask('POST', `${page.url}pushes/${txid}`, {'content-type': 'application/json', ...headers}, JSON.stringify(body))

test('the page and its files come with headers that keep other pages out', async () => {
  for (const [path, type] of [
    ['', 'text/html'],
    ['phone.js', 'text/javascript'],
    ['phone.css', 'text/css'],
  ]) {
    const {status, headers} = await ask('GET', page.url + path)
    assert.equal(status, 200)
    assert.match(String(headers['content-type']), new RegExp(`^${type}`))
    assert.match(String(headers['content-security-policy']), /default-src 'none'/)
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
    assert.equal(headers['x-frame-options'], 'DENY')
    assert.equal(headers['cache-control'], 'no-store')
  }
})

test('without the token there is nothing, and under another name neither', async () => {
  const {origin, host} = new URL(page.url)
  for (const path of ['/', '/pushes', `/${'A'.repeat(32)}/`, '/%', '/..']) {
    assert.equal((await ask('GET', origin + path)).status, 404, path)
  }
  assert.equal((await ask('GET', page.url, {host: 'phone.example'})).status, 421)
  assert.equal((await ask('GET', page.url, {host: host.replace('127.0.0.1', 'localhost')})).status, 200)
  assert.equal((await ask('DELETE', page.url)).status, 404)
})

for (const [given, kind, reason] of [
  ['approve', 'allow', undefined],
  ['deny', 'deny', 'denied'],
  ['fraud', 'deny', 'fraud'],
] as const) {
  test(`a pending push appears, and ${given} ends it`, async () => {
    const txid = await push('jdoe')
    const pending = JSON.parse((await ask('GET', `${page.url}pushes`)).body)
    assert.equal(pending.length, 1)
    assert.equal(pending[0].userName, 'jdoe')
    assert.equal(pending[0].clientAddress, '198.51.100.7')
    assert.ok(pending[0].secondsLeft > 50 && pending[0].secondsLeft <= 60)
    assert.equal((await answer(txid, {answer: given})).status, 200)
    const result = await duo.result(txid, never)
    assert.equal(result.kind, kind)
    if (result.kind === 'deny') assert.equal(result.reason, reason)
    assert.equal((await ask('GET', `${page.url}pushes`)).body, '[]')
    assert.equal((await answer(txid, {answer: given})).status, 410)
  })
}

test('a Verified Push wants the code that the login shows', async () => {
  const txid = await push('vera')
  assert.equal((await answer(txid, {answer: 'approve', code: 'x'})).status, 409)
  const code = cloud.pushes.find((each) => each.txid === txid)?.verificationCode
  assert.equal((await answer(txid, {answer: 'approve', code})).status, 200)
  assert.equal((await duo.result(txid, never)).kind, 'allow')
})

test('answers of other pages and answers that are none are refused, and the push stays', async () => {
  const txid = await push('jdoe')
  assert.equal((await answer(txid, {answer: 'approve'}, {origin: 'http://evil.example'})).status, 403)
  assert.equal((await answer(txid, {answer: 'approve'}, {origin: 'null'})).status, 403)
  for (const body of [{answer: 'maybe'}, {}, [], null, 'approve', {answer: 'approve', more: 'x'.repeat(2000)}]) {
    assert.equal((await answer(txid, body)).status, 400, JSON.stringify(body).slice(0, 40))
  }
  assert.equal((await answer('0'.repeat(32), {answer: 'approve'})).status, 410)
  assert.equal(JSON.parse((await ask('GET', `${page.url}pushes`)).body).length, 1)
  await answer(txid, {answer: 'deny'})
})
