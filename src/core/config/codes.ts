import type {CodeEntry, Severity} from './codes/code.ts'
import {nameCodes} from './codes/names.ts'
import {syntaxCodes} from './codes/syntax.ts'
import {valueCodes} from './codes/values.ts'
import {wholeCodes} from './codes/whole.ts'

const table = {...syntaxCodes, ...nameCodes, ...valueCodes, ...wholeCodes} as const

type FieldsTable = {readonly [Name in keyof typeof table]: Parameters<(typeof table)[Name]['message']>[0]}
export type FindingName = keyof FieldsTable
export type FindingFields<Name extends FindingName> = FieldsTable[Name]

/** Every kind of finding, in the order of its code. */
export const codes: {readonly [Name in FindingName]: CodeEntry<FindingFields<Name>>} = table

export type CodeSummary = {
  readonly name: string
  readonly code: string
  readonly severity: Severity
  readonly title: string
  readonly doc: string
}

export const codeList: readonly CodeSummary[] = Object.entries(table).map(([name, {code, severity, title, doc}]) => ({
  name,
  code,
  severity,
  title,
  doc,
}))
