/** What is wrong with a text as a distinguished name. `offset` counts characters; `reason` is a sentence part. */
export type DnProblem = {readonly offset: number; readonly reason: string}

const TYPE = /^\s*([A-Za-z][A-Za-z0-9-]*|\d+(\.\d+)*)\s*$/

/** Checks a distinguished name (RFC 4514): parts of attribute=value, separated by commas, joined by + where there are several. */
export function dnProblem(text: string): DnProblem | undefined {
  let start = 0
  while (start <= text.length) {
    const equals = text.indexOf('=', start)
    const type = text.slice(start, equals === -1 ? text.length : equals)
    if (equals === -1) {
      const shown = type.trim()
      return {offset: start, reason: shown === '' ? 'it ends where a part should begin' : `"${shown}" has no =`}
    }
    if (!TYPE.test(type)) return {offset: start, reason: `"${type.trim()}" is not the name of an attribute`}
    const value = valueEnd(text, equals + 1)
    if (!value.ok) return value.problem
    if (text.slice(equals + 1, value.end).trim() === '') return {offset: equals, reason: `${type.trim()} has no value`}
    if (value.end === text.length) return undefined
    start = value.end + 1
  }
  return {offset: text.length, reason: 'it ends with a comma'}
}

type ValueEnd = {readonly ok: true; readonly end: number} | {readonly ok: false; readonly problem: DnProblem}

/** Where the value that begins at `start` ends: at a comma, semicolon or plus that is neither escaped nor quoted. */
function valueEnd(text: string, start: number): ValueEnd {
  let quoted = false
  for (let i = start; i < text.length; i++) {
    const character = text[i]
    if (character === '\\') {
      if (i + 1 === text.length) return {ok: false, problem: {offset: i, reason: 'it ends with a backslash'}}
      if (/[0-9a-f]/i.test(text[i + 1] ?? '') && !/^[0-9a-f]{2}/i.test(text.slice(i + 1, i + 3))) {
        return {ok: false, problem: {offset: i, reason: 'a backslash needs two hexadecimal digits behind it'}}
      }
      i++
    } else if (character === '"') quoted = !quoted
    else if (!quoted && (character === ',' || character === ';' || character === '+')) return {ok: true, end: i}
  }
  if (quoted) return {ok: false, problem: {offset: start, reason: 'a quotation mark is not closed'}}
  return {ok: true, end: text.length}
}
