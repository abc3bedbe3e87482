import {parseConfigPart, parseDuoPart, parseNasPart, parsePrimaryPart} from './parse-scenario-world.ts'
import {parseSteps} from './parse-steps.ts'
import type {Scenario, ScenarioProblem} from './scenario.ts'
import {blocks, type Complain, splitParts} from './scenario-lines.ts'

export type ParsedScenario =
  | {readonly ok: true; readonly scenario: Scenario}
  | {readonly ok: false; readonly problems: readonly ScenarioProblem[]}

/** Reads the text of a scenario file. Never throws; every problem has its line. */
export function parseScenario(text: string): ParsedScenario {
  const problems: ScenarioProblem[] = []
  const complain: Complain = (line, message, word) =>
    problems.push({line: line.number, column: word?.column ?? 1, message})
  const {title, parts} = splitParts(text, problems, complain)
  if (title === '')
    problems.push({line: 1, column: 1, message: 'the first line must be a comment that says what this shows'})
  const scenario: Scenario = {
    title,
    config: parseConfigPart(parts.get('config') ?? [], complain),
    nas: parseNasPart(blocks(parts.get('nas') ?? [], complain), complain),
    primary: parsePrimaryPart(blocks(parts.get('primary') ?? [], complain), complain),
    duo: parseDuoPart(blocks(parts.get('duo') ?? [], complain), complain),
    steps: parseSteps(blocks(parts.get('login') ?? [], complain), complain),
  }
  if (!parts.has('login')) problems.push({line: 1, column: 1, message: 'there is no part "== login"'})
  return problems.length === 0 ? {ok: true, scenario} : {ok: false, problems}
}
