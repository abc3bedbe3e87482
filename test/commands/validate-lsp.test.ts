import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {test} from 'node:test'
import {
  CompletionRequest,
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  HoverRequest,
  InitializedNotification,
  InitializeRequest,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type PublishDiagnosticsParams,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node'

const bin = new URL('../../bin/run.js', import.meta.url).pathname

const text = `[ad_client]
host=dc1.example.com
service_account_username=svc-authproxy
service_account_password=env:NEVER_FOLLOWED
search_dn=DC=example,DC=com

[radius_server_challenge]
ikey=DIXXXXXXXXXXXXXXXXXX
skey=file:/never/read
api_host=api-xxxxxxxx.duosecurity.com
radius_ip_1=192.0.2.1
radius_secret_1=hunter2
failmod=secure
`

function nextDiagnostics(connection: ProtocolConnection): Promise<PublishDiagnosticsParams> {
  return new Promise((resolve) => {
    const listener = connection.onNotification(PublishDiagnosticsNotification.type, (params) => {
      listener.dispose()
      resolve(params)
    })
  })
}

test('an editor opens a file, sees the findings, completes, hovers, repairs, and leaves', {
  timeout: 60_000,
}, async () => {
  const child = spawn(process.execPath, [bin, 'validate', '--lsp'])
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part
  })
  const closed = once(child, 'close')
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  )
  connection.listen()
  const {capabilities} = await connection.sendRequest(InitializeRequest.type, {
    processId: null,
    rootUri: null,
    capabilities: {},
  })
  assert.equal(capabilities.hoverProvider, true)
  await connection.sendNotification(InitializedNotification.type, {})

  const uri = 'file:///etc/authproxy/authproxy.cfg'
  const opened = nextDiagnostics(connection)
  await connection.sendNotification(DidOpenTextDocumentNotification.type, {
    textDocument: {uri, languageId: 'ini', version: 1, text},
  })
  const first = await opened
  assert.equal(first.version, 1)
  const misspelled = first.diagnostics.find((d) => d.code === 'C104')
  assert.deepEqual(misspelled?.range, {start: {line: 12, character: 0}, end: {line: 12, character: 7}})
  assert.equal(misspelled?.severity, 1)
  assert.ok(first.diagnostics.some((d) => d.code === 'C321' && d.severity === 2))
  assert.ok(!first.diagnostics.some((d) => d.code === 'C225'), 'no reference is followed')
  assert.ok(!JSON.stringify(first).includes('hunter2'))

  const completion = async (line: number, character: number) => {
    const result = await connection.sendRequest(CompletionRequest.type, {
      textDocument: {uri},
      position: {line, character},
    })
    const items = Array.isArray(result) ? result : (result?.items ?? [])
    return items.map((item) => item.label)
  }
  const options = await completion(13, 0)
  assert.ok(options.includes('failmode') && options.includes('radius_ip_2') && !options.includes('ikey'))

  const changed = nextDiagnostics(connection)
  await connection.sendNotification(DidChangeTextDocumentNotification.type, {
    textDocument: {uri, version: 2},
    contentChanges: [
      {range: {start: {line: 12, character: 0}, end: {line: 13, character: 0}}, text: 'failmode=\n[rad'},
    ],
  })
  await changed
  assert.deepEqual(await completion(12, 9), ['safe', 'secure', 'ignore'])
  const sections = await completion(13, 4)
  assert.ok(
    sections.includes('radius_server_challenge2') && sections.includes('ad_client2') && sections.includes('main'),
  )

  const hover = await connection.sendRequest(HoverRequest.type, {
    textDocument: {uri},
    position: {line: 12, character: 2},
  })
  assert.match(JSON.stringify(hover?.contents), /while Duo cannot be reached/)
  assert.equal(
    await connection.sendRequest(HoverRequest.type, {textDocument: {uri}, position: {line: 5, character: 0}}),
    null,
  )

  await connection.sendRequest(ShutdownRequest.type)
  await connection.sendNotification(ExitNotification.type)
  const [code]: unknown[] = await closed
  assert.deepEqual([code, stderr], [0, ''])
  connection.dispose()
})
