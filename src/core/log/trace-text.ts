import {textTimestamp} from './format.ts'
import type {LoginTrace, TraceStep} from './trace-ring.ts'

const WIDTH = 80
/** "   12.345 s  " */
const TIME_WIDTH = 10
const INDENT = ' '.repeat(TIME_WIDTH + 2)

/** A login as a timeline for a terminal of 80 columns: how it ended, then every step and how long after the first. */
export function traceLines({loginId, userName, from, steps}: LoginTrace): string[] {
  const first = steps[0]?.timeMs ?? 0
  const head = `Login ${loginId} of ${userName} from ${from}: ${outcomeOf(steps)}`
  return [...wrapped(head, WIDTH, ''), textTimestamp(first), '', ...steps.flatMap((step) => stepLines(step, first))]
}

/** As a login that is still going on has no end yet, its last step is said to be it. */
function outcomeOf(steps: readonly TraceStep[]): string {
  const decided = steps.findLast(({name}) => name === 'login.decided')
  if (decided === undefined) return 'not decided yet'
  return `${decided.fields.outcome}, ${decided.fields.reason}`
}

function stepLines({timeMs, name, text, fields, repeated}: TraceStep, firstMs: number): string[] {
  const time = secondsAfter(firstMs, timeMs).padStart(TIME_WIDTH)
  const [line = '', ...more] = wrapped(text, WIDTH - INDENT.length, '')
  return [
    `${time}  ${line}`,
    ...[...more, ...(repeated === undefined ? [] : [repeats(repeated, firstMs)]), ...extras(name, fields)].map(
      (each) => INDENT + each,
    ),
  ]
}

function secondsAfter(firstMs: number, timeMs: number): string {
  return `${((timeMs - firstMs) / 1000).toFixed(3)} s`
}

function repeats({times, lastMs}: NonNullable<TraceStep['repeated']>, firstMs: number): string {
  return `  ${times} times, the last after ${secondsAfter(firstMs, lastMs)}`
}

/** What a step knows beyond its sentence. */
function extras(name: string, fields: TraceStep['fields']): string[] {
  const told: string[] = []
  if (name === 'login.attempt') {
    told.push(`by client ${fields.client} of [${fields.section}]`)
    told.push(
      fields.clientAddress === undefined ? "the user's address is not known" : `the user is at ${fields.clientAddress}`,
    )
  }
  if (name === 'login.primary.result' && fields.result === 'accept' && fields.detail !== '')
    told.push(`${fields.detail}`)
  if (name === 'radius.reply.sent' && Array.isArray(fields.attributes))
    told.push(...fields.attributes.flatMap(attributeLines))
  return told.flatMap((line) => wrapped(line, WIDTH - INDENT.length - 2, '  ').map((each) => `  ${each}`))
}

/** A prompt of several lines is shown as such; the packet dump has it on one. */
function attributeLines(text: unknown): string[] {
  const [first = '', ...more] = `${text}`.split('\\x0a')
  return [first, ...more.map((line) => `  ${line}`)]
}

/** Breaks at spaces where there are some, else where the width ends. */
function wrapped(text: string, width: number, hanging: string): string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    const at = space > hanging.length ? space : width
    lines.push(rest.slice(0, at).trimEnd())
    rest = hanging + rest.slice(at).trimStart()
  }
  return [...lines, rest]
}
