import type {ConfigContext} from './context.ts'
import type {Report} from './diagnostic.ts'
import type {Draft, DraftOf} from './draft.ts'

/** A whole file as the checks see it: defaults and the values of [main] are in the options, clients are resolved. */
export type Whole = {
  readonly path: string
  /** Permission bits of the file; undefined where there is none, or on Windows. */
  readonly mode: number | undefined
  readonly text: string
  /** The grammar was broken somewhere, so what was read may not be what was meant. */
  readonly hasSyntaxErrors: boolean
  readonly context: ConfigContext
  readonly main: DraftOf<'main'>
  readonly sections: readonly Draft[]
}

/** Looks at a whole file for mistakes of one family. */
export type Check = (whole: Whole, report: Report) => void
