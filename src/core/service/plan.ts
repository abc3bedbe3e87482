/** What `install-service` would do, as data: shown by --dry-run, carried out by `applyPlan`, the same both times. */
export type InstallPlan = {
  /** One sentence: what will be there afterwards. */
  readonly summary: string
  readonly steps: readonly InstallStep[]
  /** Why the service could not work like this; the plan is shown, but not carried out. */
  readonly obstacles: readonly string[]
  /** What to do next, one command or sentence each. */
  readonly afterwards: readonly string[]
}

export type Ownership = {readonly owner: string; readonly group: string}

export type InstallStep =
  | ({readonly kind: 'directory'; readonly path: string; readonly mode: number} & Partial<Ownership>)
  /** Written when its text differs; `keep`: only when there is none yet, since it belongs to the administrator. */
  | ({
      readonly kind: 'file'
      readonly path: string
      readonly mode: number
      readonly text: string
      readonly keep?: true
    } & Partial<Ownership>)
  /** A file or folder that the administrator made: only who may read it changes. */
  | ({readonly kind: 'permissions'; readonly path: string; readonly mode: number} & Ownership)
  | {readonly kind: 'remove'; readonly path: string}
  | {
      readonly kind: 'run'
      readonly command: Command
      readonly purpose: string
      /** Not run when this command succeeds: what it would make is there. */
      readonly unless?: Command
      /** Its failure does not end the plan. */
      readonly mayFail?: true
    }

/** A program and its arguments; no shell ever reads them. */
export type Command = readonly [program: string, ...args: string[]]
