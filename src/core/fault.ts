/** Exit codes of the command line: 1 the answer is no, 2 could not run, 3 no answer in time. */
type FaultEntry = {readonly exitCode: 1 | 2 | 3}

/** Every expected failure that ends a command or keeps the service from starting. */
const faults = {
  'config-unreadable': {exitCode: 2},
  'config-invalid': {exitCode: 2},
  'bind-failed': {exitCode: 2},
  'file-unreadable': {exitCode: 2},
  'file-unwritable': {exitCode: 2},
  'secret-unavailable': {exitCode: 2},
  usage: {exitCode: 2},
  'name-unresolved': {exitCode: 2},
  'no-answer': {exitCode: 3},
} as const satisfies Record<string, FaultEntry>

export type FaultCode = keyof typeof faults

/** The one error that is thrown on purpose: a stable code, a sentence for a person, the next step, and the cause. */
export class Fault extends Error {
  readonly code: FaultCode
  /** What the person may do next; empty when the message says it. */
  readonly hint: string

  constructor(code: FaultCode, message: string, options: {hint?: string; cause?: unknown} = {}) {
    super(message, options.cause === undefined ? undefined : {cause: options.cause})
    this.name = 'Fault'
    this.code = code
    this.hint = options.hint ?? ''
  }

  get exitCode(): 1 | 2 | 3 {
    return faults[this.code].exitCode
  }

  /** The lines a command ends with. */
  told(): string {
    return `authproxy: ${this.message}${this.hint === '' ? '' : `\n  ${this.hint}`}`
  }
}
