import assert from 'node:assert/strict'
import {test} from 'node:test'
import {Chalk} from 'chalk'
import {renderDiagnostics, renderSummary} from '../../src/render-diagnostics.ts'
import {loadText, rightFile} from '../config/support/context.ts'

test('on a terminal a finding shows its line, with a mark under the place', () => {
  const source = rightFile.replace('failmode=secure', 'failmode=secur')
  const {diagnostics} = loadText(source)
  const shown = renderDiagnostics(diagnostics, {source, paint: undefined})
  assert.equal(
    shown,
    `/opt/authproxy/conf/authproxy.cfg:14:10 error C208 failmode cannot be "secur" (did you mean secure? It is one of safe, secure, ignore)
    failmode=secur
             ^^^^^
`,
  )
})

test('the line of a secret is masked, and the mark stays inside it', () => {
  const source = rightFile.replace('test-secret-not-real-1', 'hunter2')
  const {diagnostics} = loadText(source)
  const shown = renderDiagnostics(diagnostics, {source, paint: undefined})
  assert.match(shown, /warning C321/)
  assert.ok(shown.includes('    radius_secret_1=*****\n                    ^^^^^\n'))
  assert.ok(!shown.includes('hunter2'))
})

test('colour is for terminals that want it', () => {
  const {diagnostics} = loadText(rightFile.replace('failmode', 'failmod'))
  assert.ok(
    renderDiagnostics(diagnostics, {source: undefined, paint: new Chalk({level: 1})}).includes('\u001b[31merror'),
  )
  assert.ok(!renderDiagnostics(diagnostics, {source: undefined, paint: undefined}).includes('\u001b'))
})

test('the summary counts, or says that there is nothing', () => {
  assert.equal(renderSummary('a.cfg', []), 'a.cfg: nothing found\n')
  const {diagnostics} = loadText(`${rightFile.replace('failmode=secure', 'failmod=secure')}colour=blue\n`)
  assert.equal(renderSummary('a.cfg', diagnostics), 'a.cfg: 1 error, 1 warning\n')
})
