import type {ChalkInstance} from 'chalk'
import type {Actor, Happening} from './core/simulate/demonstration.ts'
import {safeLines} from './render.ts'

/** Narrow enough for 80 columns. */
const WIDTH = 78
const PAIR_WIDTH = 22

/** Masked or opaque in every packet: of no use to somebody who watches. */
const dull = /^(Message-Authenticator|Acct-Session-Id|NAS-Port|NAS-IP-Address) = /

/** One happening: who to whom, what, its details, and the screen the user sees. */
export function happeningLines(paint: ChalkInstance, happening: Happening): string[] {
  const {from, to, what, details, screen} = happening
  const pair = `${from} -> ${to}`.padEnd(PAIR_WIDTH)
  const [first = '', ...more] = wrapped(what, WIDTH - PAIR_WIDTH)
  const emphasis = paint[outcomeColour(what, from)]
  const lines = [`${paint.cyan(pair)}${emphasis(first)}`]
  for (const line of more) lines.push(`${' '.repeat(PAIR_WIDTH)}${emphasis(line)}`)
  const shown = details
    .filter((detail) => !dull.test(detail))
    .flatMap((detail) => wrapped(detail, WIDTH - PAIR_WIDTH - 2))
  lines.push(...shown.map((detail) => `${' '.repeat(PAIR_WIDTH + 2)}${paint.dim(detail)}`))
  if (screen !== undefined && to === 'gateway') lines.push(...screenLines(paint, screen))
  return lines
}

/** The text in a frame, as the gateway's login page would show it. */
function screenLines(paint: ChalkInstance, text: string): string[] {
  const lines = safeLines(text).flatMap((line) => wrapped(line, WIDTH - 8))
  const width = Math.max(30, ...lines.map((line) => line.length))
  const rule = `    +${'-'.repeat(width + 2)}+`
  return [rule, ...lines.map((line) => `    | ${paint.bold(line.padEnd(width))} |`), rule]
}

function outcomeColour(what: string, from: Actor): 'green' | 'red' | 'yellow' | 'reset' {
  if (from !== 'proxy') return 'reset'
  if (what === 'Access-Accept') return 'green'
  if (what === 'Access-Reject') return 'red'
  return what === 'Access-Challenge' ? 'yellow' : 'reset'
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    const end = space > width / 2 ? space : width
    lines.push(rest.slice(0, end))
    rest = rest.slice(end).trimStart()
  }
  return [...lines, rest]
}
