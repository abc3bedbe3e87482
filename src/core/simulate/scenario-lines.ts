import type {ScenarioProblem} from './scenario.ts'
import {splitWords, type Word} from './scenario-words.ts'

/** One line that says something: `raw` as written, without its indentation. */
export type Line = {
  readonly number: number
  readonly indented: boolean
  readonly raw: string
  readonly words: readonly Word[]
}

/** A line that stands at the margin, with the indented ones under it. */
export type Block = {readonly head: Line; readonly body: readonly Line[]}

/** Collects what is wrong, so that all of it is told at once. */
export type Complain = (line: Line, message: string, word?: Word) => void

const partNames = ['config', 'nas', 'primary', 'duo', 'login'] as const
type PartName = (typeof partNames)[number]

/** The parts by name, each as its lines without comments and blank ones, and the first comment as the title. */
export function splitParts(text: string, problems: ScenarioProblem[], complain: Complain) {
  const parts = new Map<PartName, Line[]>()
  let title = ''
  let part: Line[] | undefined
  let inConfig = false
  for (const [index, written] of text.split(/\r?\n/).entries()) {
    const number = index + 1
    const raw = written.trim()
    if (number === 1 && raw.startsWith('#')) title = raw.replace(/^#\s*/, '')
    if (raw === '' || raw.startsWith('#')) continue
    const heading = /^== (\S+)$/.exec(raw)?.[1]
    const indented = /^\s/.test(written)
    if (heading !== undefined) {
      const line = {number, indented, raw, words: []}
      const name = partNames.find((known) => known === heading)
      if (name === undefined) complain(line, `unknown part "${heading}" (known: ${partNames.join(', ')})`)
      else if (parts.has(name)) complain(line, `the part "${heading}" stands twice`)
      part = []
      inConfig = name === 'config'
      if (name !== undefined) parts.set(name, part)
      continue
    }
    // Text shown to the user, and the configuration, keep their own grammar.
    const verbatim = inConfig || raw.startsWith('|')
    const split = verbatim ? ({ok: true, words: []} as const) : splitWords(written)
    if (!split.ok) {
      problems.push({line: number, column: split.column, message: split.message})
      continue
    }
    const line = {number, indented, raw: verbatim && !inConfig ? written.replace(/^\s+/, '') : raw, words: split.words}
    if (part === undefined) complain(line, 'this stands before the first "== part"')
    else part.push(line)
  }
  return {title, parts}
}

/** Puts the indented lines under the one at the margin above them. */
export function blocks(lines: readonly Line[], complain: Complain): Block[] {
  const found: {head: Line; body: Line[]}[] = []
  for (const line of lines) {
    const last = found.at(-1)
    if (!line.indented) found.push({head: line, body: []})
    else if (last === undefined) complain(line, 'an indented line needs one at the margin above it')
    else last.body.push(line)
  }
  return found
}
