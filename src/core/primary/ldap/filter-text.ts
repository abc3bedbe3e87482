import type {SearchFilter} from './filter.ts'

/** `offset` counts UTF-16 units from the start of the text, as an editor's column does. */
export type FilterProblem = {readonly offset: number; readonly message: string}

export type FilterRead = {readonly ok: true; readonly filter: SearchFilter} | ({readonly ok: false} & FilterProblem)

/** What is wrong with the text of a search filter (RFC 4515), and where; undefined when nothing is. */
export function ldapFilterProblem(text: string): FilterProblem | undefined {
  const read = parseFilter(text)
  return read.ok ? undefined : {offset: read.offset, message: read.message}
}

/**
 * The filter a text stands for (RFC 4515). Spaces and line ends between filters are allowed, as administrators wrap
 * long filters; inside a value every character counts.
 */
export function parseFilter(text: string): FilterRead {
  const parsed = filterAt(text, skipSpace(text, 0), 0)
  if (!parsed.ok) return parsed
  const end = skipSpace(text, parsed.next)
  if (end < text.length) return problem(end, 'nothing may follow the closing parenthesis')
  return {ok: true, filter: parsed.filter}
}

/** Deeper filters are a mistake, and a parser without a limit can be made to overflow the stack. */
const MAX_DEPTH = 50

type Problem = {readonly ok: false} & FilterProblem
type Parsed = {readonly ok: true; readonly filter: SearchFilter; readonly next: number} | Problem
type Value = {readonly ok: true; readonly value: Buffer} | Problem

const problem = (offset: number, message: string): Problem => ({ok: false, offset, message})

function skipSpace(text: string, at: number): number {
  let next = at
  while (/\s/.test(text.charAt(next))) next++
  return next
}

function filterAt(text: string, at: number, depth: number): Parsed {
  if (depth > MAX_DEPTH) return problem(at, `more than ${MAX_DEPTH} filters inside one another`)
  if (text[at] !== '(') return problem(at, at < text.length ? 'a filter starts with "("' : 'a filter is missing here')
  const inside = skipSpace(text, at + 1)
  const sign = text[inside]
  const content =
    sign === '&' || sign === '|'
      ? listAt(text, inside, depth)
      : sign === '!'
        ? notAt(text, inside, depth)
        : itemAt(text, inside)
  if (!content.ok) return content
  const close = skipSpace(text, content.next)
  if (text[close] !== ')') return problem(close, 'a ")" is missing here')
  return {ok: true, filter: content.filter, next: close + 1}
}

/** `(&)` and `(|)` without filters are absolute true and false (RFC 4526). */
function listAt(text: string, at: number, depth: number): Parsed {
  const filters: SearchFilter[] = []
  let next = skipSpace(text, at + 1)
  while (next < text.length && text[next] !== ')') {
    const parsed = filterAt(text, next, depth + 1)
    if (!parsed.ok) return parsed
    filters.push(parsed.filter)
    next = skipSpace(text, parsed.next)
  }
  return {ok: true, filter: {kind: text[at] === '&' ? 'and' : 'or', filters}, next}
}

function notAt(text: string, at: number, depth: number): Parsed {
  const parsed = filterAt(text, skipSpace(text, at + 1), depth + 1)
  return parsed.ok ? {ok: true, filter: {kind: 'not', filter: parsed.filter}, next: parsed.next} : parsed
}

/** An attribute description: a name or an OID, and options (RFC 4512 2.5). AD has no underscores, others do. */
const description = /(?:[A-Za-z][A-Za-z0-9_-]*|\d+(?:\.\d+)+)(?:;[A-Za-z0-9-]+)*/y
const extensibleHead = /(:dn)?(?::([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+))?:=/iy

function itemAt(text: string, at: number): Parsed {
  description.lastIndex = at
  const attribute = description.exec(text)?.[0]
  const operator = at + (attribute?.length ?? 0)
  const end = valueEnd(text, operator)
  if (text[operator] === ':') return extensibleAt(text, attribute, operator, end)
  if (attribute === undefined) return problem(at, 'an attribute name is missing here')
  if (text[operator] === '=') return equalityAt(text, attribute, operator + 1, end)
  const kind = comparison(text.slice(operator, operator + 2))
  if (kind === undefined) return problem(operator, 'one of "=", ">=", "<=", "~=" or ":=" is expected here')
  const value = assertionValue(text, operator + 2, end)
  return value.ok ? {ok: true, filter: {kind, attribute, value: value.value}, next: end} : value
}

function comparison(sign: string): 'greater-or-equal' | 'less-or-equal' | 'approximate' | undefined {
  if (sign === '>=') return 'greater-or-equal'
  if (sign === '<=') return 'less-or-equal'
  return sign === '~=' ? 'approximate' : undefined
}

function valueEnd(text: string, from: number): number {
  const close = text.indexOf(')', from)
  return close < 0 ? text.length : close
}

/** `=*` is presence, a star elsewhere makes substrings, none equality. */
function equalityAt(text: string, attribute: string, start: number, end: number): Parsed {
  const raw = text.slice(start, end)
  if (raw === '*') return {ok: true, filter: {kind: 'present', attribute}, next: end}
  if (!raw.includes('*')) {
    const value = assertionValue(text, start, end)
    return value.ok ? {ok: true, filter: {kind: 'equal', attribute, value: value.value}, next: end} : value
  }
  const parts: Buffer[] = []
  let partStart = start
  for (const part of raw.split('*')) {
    const value = assertionValue(text, partStart, partStart + part.length)
    if (!value.ok) return value
    parts.push(value.value)
    partStart += part.length + 1
  }
  const middle = parts.slice(1, -1)
  const gap = middle.findIndex((part) => part.length === 0)
  if (gap >= 0) return problem(start + raw.indexOf('**') + 1, 'two "*" in a row')
  const nonEmpty = (part: Buffer | undefined) => (part === undefined || part.length === 0 ? undefined : part)
  const filter = {
    kind: 'substrings',
    attribute,
    initial: nonEmpty(parts[0]),
    any: middle,
    final: nonEmpty(parts.at(-1)),
  }
  return {ok: true, filter: {...filter, kind: 'substrings'}, next: end}
}

function extensibleAt(text: string, attribute: string | undefined, at: number, end: number): Parsed {
  extensibleHead.lastIndex = at
  const head = extensibleHead.exec(text)
  if (head === null) return problem(at, 'a matching rule is written attribute:rule:=value')
  const [whole, dn, rule] = head
  if (attribute === undefined && rule === undefined)
    return problem(at, 'an attribute or a matching rule is missing here')
  const value = assertionValue(text, at + whole.length, end)
  if (!value.ok) return value
  const filter = {attribute, rule, dnAttributes: dn !== undefined, value: value.value}
  return {ok: true, filter: {kind: 'extensible', ...filter}, next: end}
}

/** The octets of an assertion value: UTF-8, with \XX for any octet (RFC 4515 3). */
function assertionValue(text: string, start: number, end: number): Value {
  const octets: Buffer[] = []
  for (let at = start; at < end; ) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
    if (character === '\\') {
      const hex = text.slice(at + 1, Math.min(at + 3, end))
      if (!/^[0-9A-Fa-f]{2}$/.test(hex)) return problem(at, 'a "\\" stands before two hexadecimal digits: write \\5c')
      octets.push(Buffer.from(hex, 'hex'))
      at += 3
      continue
    }
    if (character === '(') return problem(at, 'a "(" inside a value is written \\28')
    if (character === '*') return problem(at, 'a "*" inside this value is written \\2a')
    if (character === '\0') return problem(at, 'a zero octet is written \\00')
    octets.push(Buffer.from(character, 'utf8'))
    at += character.length
  }
  return {ok: true, value: Buffer.concat(octets)}
}
