export type Severity = 'error' | 'warning' | 'info'

/** One kind of finding. Its code never changes its meaning; no field may hold a secret. */
export type CodeEntry<Fields> = {
  readonly code: string
  readonly severity: Severity
  /** A few words for headings. */
  readonly title: string
  /** What it means and what to do, for docs/diagnostics.md. */
  readonly doc: string
  readonly message: (fields: Fields) => string
  readonly hint: (fields: Fields) => string
  /** Further lines below the message: a drawing. */
  readonly detail: ((fields: Fields) => string) | undefined
}

type Texts<Fields> = {
  readonly doc: string
  readonly message: Text<Fields>
  readonly hint: Text<Fields>
  readonly detail?: (fields: Fields) => string
}

type Text<Fields> = string | ((fields: Fields) => string)

/** States the field type once; the type of the table is derived from it. */
function entry<Fields>(severity: Severity, code: string, title: string, texts: Texts<Fields>): CodeEntry<Fields> {
  const {doc, message, hint, detail} = texts
  return {code, severity, title, doc, message: asFunction(message), hint: asFunction(hint), detail}
}

/** An error stops `serve`. */
export function error<Fields>(code: string, title: string, texts: Texts<Fields>): CodeEntry<Fields> {
  return entry('error', code, title, texts)
}

export function warning<Fields>(code: string, title: string, texts: Texts<Fields>): CodeEntry<Fields> {
  return entry('warning', code, title, texts)
}

export function info<Fields>(code: string, title: string, texts: Texts<Fields>): CodeEntry<Fields> {
  return entry('info', code, title, texts)
}

function asFunction<Fields>(text: Text<Fields>): (fields: Fields) => string {
  return typeof text === 'function' ? text : () => text
}
