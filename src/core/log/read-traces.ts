import type {LoginTrace, TraceStep} from './trace-ring.ts'

/** The traces in an answer of the control socket; undefined when they are not: another version may be answering. */
export function readTraces(value: unknown): readonly LoginTrace[] | undefined {
  if (!Array.isArray(value)) return undefined
  const traces = value.map(readTrace)
  return traces.every((trace) => trace !== undefined) ? traces : undefined
}

function readTrace(value: unknown): LoginTrace | undefined {
  if (!isRecord(value) || !Array.isArray(value.steps)) return undefined
  const {loginId, userName, from} = value
  if (typeof loginId !== 'string' || typeof userName !== 'string' || typeof from !== 'string') return undefined
  const steps = value.steps.map(readStep)
  return steps.every((step) => step !== undefined) ? {loginId, userName, from, steps} : undefined
}

function readStep(value: unknown): TraceStep | undefined {
  if (!isRecord(value) || !isRecord(value.fields)) return undefined
  const {timeMs, name, text, fields, repeated} = value
  if (typeof timeMs !== 'number' || typeof name !== 'string' || typeof text !== 'string') return undefined
  if (!isRecord(repeated)) return {timeMs, name, text, fields}
  const {times, lastMs} = repeated
  if (typeof times !== 'number' || typeof lastMs !== 'number') return undefined
  return {timeMs, name, text, fields, repeated: {times, lastMs}}
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
