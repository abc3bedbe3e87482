import type {Severity} from '../codes/code.ts'
import {codeList} from '../codes.ts'
import type {Diagnostic} from '../diagnostic.ts'

const levels: {readonly [S in Severity]: 'error' | 'warning' | 'note'} = {
  error: 'error',
  warning: 'warning',
  info: 'note',
}

/** Findings as a SARIF 2.1.0 log, which code hosts and editors read. `uri` names the file. */
export function sarifLog(uri: string, diagnostics: readonly Diagnostic[], version: string): object {
  const rules = [...codeList].sort((a, b) => a.code.localeCompare(b.code))
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'authproxy validate',
            version,
            rules: rules.map(({code, name, title, doc, severity}) => ({
              id: code,
              name,
              shortDescription: {text: title},
              fullDescription: {text: doc},
              defaultConfiguration: {level: levels[severity]},
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((d) => ({
          ruleId: d.code,
          ruleIndex: rules.findIndex((rule) => rule.code === d.code),
          level: levels[d.severity],
          message: {text: d.hint === '' ? d.message : `${d.message} (${d.hint})`},
          locations: [
            {
              physicalLocation: {
                artifactLocation: {uri},
                region: {
                  startLine: d.line,
                  startColumn: d.column,
                  ...(d.length === 0 ? {} : {endColumn: d.column + d.length}),
                },
              },
            },
          ],
        })),
      },
    ],
  }
}
