import type {Readable, Writable} from 'node:stream'
import {fileURLToPath} from 'node:url'
import {
  CompletionItemKind,
  createConnection,
  DiagnosticSeverity,
  type Diagnostic as LspDiagnostic,
  MarkupKind,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node'
import {TextDocument} from 'vscode-languageserver-textdocument'
import {configContext} from './config-context.ts'
import type {Severity} from './core/config/codes/code.ts'
import type {Diagnostic} from './core/config/diagnostic.ts'
import {type Completion, completionsAt, hoverAt} from './core/config/editor.ts'
import {loadConfigText} from './core/config/load.ts'

const severities: {readonly [S in Severity]: DiagnosticSeverity} = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
}

const itemKinds: {readonly [K in Completion['kind']]: CompletionItemKind} = {
  section: CompletionItemKind.Module,
  option: CompletionItemKind.Property,
  value: CompletionItemKind.Value,
}

/**
 * Speaks the Language Server Protocol until the editor leaves. It sees the text that the editor sends and nothing else:
 * no reference is followed, no other file read, nothing written.
 */
export async function serveEditor(input: Readable, output: Writable): Promise<void> {
  const context = await configContext('', {resolve: false})
  const connection = createConnection(input, output)
  const documents = new TextDocuments(TextDocument)

  connection.onInitialize(() => ({
    serverInfo: {name: 'authproxy validate'},
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      completionProvider: {triggerCharacters: ['[', '=', ':']},
      hoverProvider: true,
    },
  }))
  documents.onDidChangeContent(({document}) => {
    const {diagnostics} = loadConfigText(Buffer.from(document.getText()), pathOf(document.uri), context)
    connection.sendDiagnostics({
      uri: document.uri,
      version: document.version,
      diagnostics: diagnostics.map(lspDiagnostic),
    })
  })
  documents.onDidClose(({document}) => {
    connection.sendDiagnostics({uri: document.uri, diagnostics: []})
  })
  connection.onCompletion(({textDocument, position}) => {
    const text = documents.get(textDocument.uri)?.getText()
    return text === undefined ? [] : completionsAt(text, position).map(lspCompletion)
  })
  connection.onHover(({textDocument, position}) => {
    const text = documents.get(textDocument.uri)?.getText()
    const value = text === undefined ? undefined : hoverAt(text, position)
    return value === undefined ? null : {contents: {kind: MarkupKind.Markdown, value}}
  })
  documents.listen(connection)
  connection.listen()
  await new Promise<void>((resolve) => {
    connection.onExit(() => resolve())
    input.once('end', () => resolve())
  })
}

/** A text without a file of its own is checked as if it lay in the current folder. */
function pathOf(uri: string): string {
  return uri.startsWith('file:') ? fileURLToPath(uri) : 'authproxy.cfg'
}

function lspDiagnostic({severity, code, line, column, length, message, hint, detail}: Diagnostic): LspDiagnostic {
  const text = hint === '' ? message : `${message} (${hint})`
  return {
    severity: severities[severity],
    code,
    source: 'authproxy',
    message: detail === undefined ? text : `${text}\n${detail}`,
    range: {
      start: {line: line - 1, character: column - 1},
      end: {line: line - 1, character: column - 1 + length},
    },
  }
}

function lspCompletion({kind, label, insert, detail, documentation}: Completion) {
  return {
    label,
    kind: itemKinds[kind],
    detail,
    insertText: insert,
    documentation: {kind: MarkupKind.Markdown, value: documentation},
  }
}
