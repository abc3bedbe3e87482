import {keyText, numberedStem} from '../option-names.ts'
import {isSecret, type OptionSpec} from '../schema/option.ts'
import {type Kind, kinds, optionsOf, sectionSpec} from '../schema.ts'
import {describeDefault, describeNotes, describeType} from './describe.ts'

type Json = string | number | boolean | readonly Json[] | {readonly [key: string]: Json}
type JsonObject = {readonly [key: string]: Json}

/**
 * A JSON Schema (2020-12) of the file as an object of sections, each an object of texts, which is how most INI readers give it.
 * It knows names, choices and forms; what needs more than one value is for `validate`.
 */
export function jsonSchema(): JsonObject {
  const sections = kinds.map((kind): [string, JsonObject] => [
    sectionSpec(kind).single ? `^${kind}$` : `^${kind}[0-9]*$`,
    {$ref: `#/$defs/${kind}`},
  ])
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'authproxy.cfg',
    description: 'Sections of authproxy.cfg with their options; every value is a text',
    type: 'object',
    patternProperties: Object.fromEntries(sections),
    additionalProperties: false,
    $defs: Object.fromEntries(kinds.map((kind): [string, JsonObject] => [kind, sectionSchema(kind)])),
  }
}

function sectionSchema(kind: Kind): JsonObject {
  const properties: [string, Json][] = []
  const patterns: [string, Json][] = []
  for (const [option, spec] of optionsOf(kind)) {
    for (const name of [option, ...(spec.aliases ?? [])]) {
      const forms = isSecret(spec) ? [false, true] : [false]
      for (const isProtected of forms) {
        const schema = isProtected
          ? {type: 'string', description: `${spec.doc} Protected by authproxy protect.`}
          : optionSchema(option, spec)
        const stem = numberedStem(name, isProtected)
        if (spec.numbered !== 'counted' && spec.numbered !== 'paired') properties.push([stem, schema])
        if (spec.numbered !== undefined) patterns.push([`^${stem}_[0-9]+$`, schema])
      }
    }
  }
  return {
    type: 'object',
    description: sectionSpec(kind).doc,
    properties: Object.fromEntries(properties),
    ...(patterns.length === 0 ? {} : {patternProperties: Object.fromEntries(patterns)}),
    additionalProperties: false,
    ...requiredOf(kind),
  }
}

function requiredOf(kind: Kind): JsonObject {
  // That there is at least one radius_ip_N cannot be said with patternProperties.
  const needed = optionsOf(kind).filter(([, spec]) => spec.required === true && spec.numbered !== 'paired')
  if (needed.length === 0) return {}
  return {
    allOf: needed.map(([option, spec]): Json => {
      const plain = keyText(option, spec, 1)
      if (isSecret(spec)) return {anyOf: [{required: [plain]}, {required: [keyText(option, spec, 1, true)]}]}
      return spec.numbered === undefined
        ? {required: [plain]}
        : {anyOf: [{required: [plain]}, {required: [`${option}_1`]}]}
    }),
  }
}

function optionSchema(option: string, spec: OptionSpec): JsonObject {
  const description = [spec.doc, `Default: ${describeDefault(spec)}.`, ...describeNotes(option, spec)].join(' ')
  return {
    type: 'string',
    description,
    ...form(spec),
    ...(spec.example === undefined ? {} : {examples: [spec.example]}),
    ...(spec.default === undefined ? {} : {default: String(spec.default)}),
    ...(spec.deprecated === undefined ? {} : {deprecated: true}),
    $comment: describeType(spec),
  }
}

/** What one value looks like, as far as a pattern can say it. Enumerations and booleans are the same in capitals. */
function form({type, choices = []}: OptionSpec): JsonObject {
  switch (type) {
    case 'boolean':
      return {pattern: '^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[+-]?[0-9]+)$'}
    case 'integer':
    case 'port':
      return {pattern: '^[+-]?[0-9]+(_[0-9]+)*$'}
    case 'choice':
      return {enum: choices}
    case 'ikey':
      return {pattern: '^DI[A-Z0-9]{18}$'}
    case 'rikey':
      return {pattern: '^RI[A-Z0-9]{18}$'}
    default:
      return {}
  }
}
