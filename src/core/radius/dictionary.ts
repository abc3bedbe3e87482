import {checkPoint} from './dictionaries/check-point.ts'
import {cisco} from './dictionaries/cisco.ts'
import {ciscoAsa} from './dictionaries/cisco-asa.ts'
import {citrix} from './dictionaries/citrix.ts'
import {f5} from './dictionaries/f5.ts'
import {fortinet} from './dictionaries/fortinet.ts'
import {juniper} from './dictionaries/juniper.ts'
import {microsoft} from './dictionaries/microsoft.ts'
import {paloAlto} from './dictionaries/palo-alto.ts'
import {pulse} from './dictionaries/pulse.ts'
import {rfcSupplement} from './dictionaries/rfc-supplement.ts'
import type {AttributeHiding, AttributeKind, AttributeRow} from './dictionaries/vendor.ts'
import {parseDictionary, readPackageDictionaries} from './dictionary-source.ts'

/** What is known of one attribute. `type` is the vendor's own number when `vendor` is given (RFC 2865 5.26). */
export type AttributeDefinition = {
  readonly name: string
  readonly type: number
  readonly vendor: number | undefined
  readonly kind: AttributeKind
  /** The first octet of the value may be a tag (RFC 2868 3). */
  readonly tagged: boolean
  readonly hiding: AttributeHiding
  /** Names of integer values; the first name of a number is the one to print. */
  readonly values: ReadonlyMap<string, number>
}

/**
 * Finds an attribute by its name in any case, by its number (`200`, `Attr-200`), by vendor and number
 * (`Attr-26.25461.7`), or by the alias `paloalto` of `client_ip_attr`. Undefined when there is no such name.
 */
export function attributeByName(name: string): AttributeDefinition | undefined {
  const key = name.trim().toLowerCase()
  return tables().byName.get(aliases.get(key) ?? key) ?? byNumber(key)
}

/** The definition of a type; an unknown one gets a name made of its numbers, and opaque octets as its kind. */
export function attributeByType(type: number, vendor?: number): AttributeDefinition {
  return tables().byType.get(typeKey(type, vendor)) ?? unknown(type, vendor)
}

/** Whether a dictionary has this type: of any other nothing is known, not even whether it is a secret. */
export function isKnownType(type: number, vendor?: number): boolean {
  return tables().byType.has(typeKey(type, vendor))
}

/** The name of a type, `Attr-200` or `Attr-26.25461.99` when it has none. */
export function nameOf(type: number, vendor?: number): string {
  return attributeByType(type, vendor).name
}

/** The name of a vendor by its Private Enterprise Number, or the number itself. */
export function vendorName(id: number): string {
  return tables().vendors.get(id) ?? `${id}`
}

type Tables = {
  readonly byName: Map<string, AttributeDefinition>
  readonly byType: Map<string, AttributeDefinition>
  readonly vendors: Map<number, string>
}

const vendorDictionaries = [
  checkPoint,
  cisco,
  ciscoAsa,
  citrix,
  f5,
  fortinet,
  juniper,
  microsoft,
  paloAlto,
  pulse,
] as const

const aliases: ReadonlyMap<string, string> = new Map([['paloalto', 'paloalto-client-source-ip']])
const noValues: ReadonlyMap<string, number> = new Map()

let loaded: Tables | undefined

/** Read at the first lookup: a command that prints help need not pay for it. */
function tables(): Tables {
  loaded ??= load()
  return loaded
}

function load(): Tables {
  const read: Tables = {byName: new Map(), byType: new Map(), vendors: new Map()}
  const lines = readPackageDictionaries().flatMap(parseDictionary)
  // Values may stand in another file than their attribute (RFC 5607 adds one to Service-Type).
  const values = new Map<string, Map<string, number>>()
  for (const line of lines) {
    if (line.line !== 'value') continue
    const names = values.get(line.attribute.toLowerCase()) ?? new Map<string, number>()
    names.set(line.name, line.value)
    values.set(line.attribute.toLowerCase(), names)
  }
  for (const row of rfcSupplement) add(read, fromRow(row, undefined))
  for (const line of lines) {
    if (line.line === 'vendor') read.vendors.set(line.id, line.name)
    if (line.line !== 'attribute' || read.byType.has(typeKey(line.type, line.vendor))) continue
    const {name, type, vendor, kind, tagged, hiding} = line
    add(read, {name, type, vendor, kind, tagged, hiding, values: values.get(name.toLowerCase()) ?? noValues})
  }
  for (const {vendor, id, attributes} of vendorDictionaries) {
    read.vendors.set(id, vendor)
    for (const row of attributes) add(read, fromRow(row, id))
  }
  return read
}

/** The first name of a type is the one it is printed with; later ones are aliases. */
function add(read: Tables, definition: AttributeDefinition): void {
  const byName = definition.name.toLowerCase()
  const byType = typeKey(definition.type, definition.vendor)
  if (!read.byName.has(byName)) read.byName.set(byName, definition)
  if (!read.byType.has(byType)) read.byType.set(byType, definition)
}

function fromRow(row: AttributeRow, vendor: number | undefined): AttributeDefinition {
  return {
    name: row.name,
    type: row.type,
    vendor,
    kind: row.kind,
    tagged: false,
    hiding: row.hiding ?? 'none',
    values: row.values === undefined ? noValues : new Map(Object.entries(row.values)),
  }
}

function typeKey(type: number, vendor: number | undefined): string {
  return vendor === undefined ? `${type}` : `${vendor}.${type}`
}

function unknown(type: number, vendor: number | undefined): AttributeDefinition {
  const name = vendor === undefined ? `Attr-${type}` : `Attr-26.${vendor}.${type}`
  return {name, type, vendor, kind: 'octets', tagged: false, hiding: 'none', values: noValues}
}

function byNumber(key: string): AttributeDefinition | undefined {
  const match = /^(?:attr-)?(?:26\.(\d{1,8})\.)?(\d{1,3})$/.exec(key)
  if (match === null) return undefined
  const type = Number(match[2])
  const vendor = match[1] === undefined ? undefined : Number(match[1])
  if (type < 1 || type > 255 || vendor === 0 || (vendor ?? 0) > 0xff_ff_ff) return undefined
  return attributeByType(type, vendor)
}
