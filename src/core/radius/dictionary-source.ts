import {readdirSync, readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import type {AttributeHiding, AttributeKind} from './dictionaries/vendor.ts'

/** One line of a dictionary file that means something to us. `vendor` is undefined for the attributes of the RFCs. */
export type DictionaryLine =
  | {
      readonly line: 'attribute'
      readonly vendor: number | undefined
      readonly name: string
      readonly type: number
      readonly kind: AttributeKind
      readonly tagged: boolean
      readonly hiding: AttributeHiding
    }
  | {
      readonly line: 'value'
      readonly vendor: number | undefined
      readonly attribute: string
      readonly name: string
      readonly value: number
    }
  | {readonly line: 'vendor'; readonly name: string; readonly id: number}

/** The text of every dictionary file that the `radius` package brings. Its code is not loaded. */
export function readPackageDictionaries(): string[] {
  const first = fileURLToPath(import.meta.resolve('radius/dictionaries/dictionary.rfc2865'))
  const directory = first.slice(0, -'dictionary.rfc2865'.length)
  return readdirSync(directory)
    .sort()
    .map((file) => readFileSync(directory + file, 'utf8'))
}

/** Reads the dictionary format that FreeRADIUS made common; lines it cannot use are left out. */
export function parseDictionary(text: string): DictionaryLine[] {
  const lines: DictionaryLine[] = []
  const vendors = new Map<string, number>()
  let vendor: number | undefined
  for (const line of text.split('\n')) {
    const [keyword, first = '', second = '', third = '', options = ''] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (keyword === 'VENDOR') {
      vendors.set(first, Number(second))
      lines.push({line: 'vendor', name: first, id: Number(second)})
    } else if (keyword === 'BEGIN-VENDOR') {
      vendor = vendors.get(first)
    } else if (keyword === 'END-VENDOR') {
      vendor = undefined
    } else if (keyword === 'ATTRIBUTE') {
      const kind = kinds.get(third.replace(/\[.*/, '').toLowerCase())
      const type = Number(second)
      if (kind === undefined || !Number.isInteger(type)) continue
      lines.push({line: 'attribute', vendor, name: first, type, kind, ...modifiers(options)})
    } else if (keyword === 'VALUE') {
      lines.push({line: 'value', vendor, attribute: first, name: second, value: Number(third)})
    }
  }
  return lines
}

/** Names of value types in dictionary files; `string` there means text (RFC 8044 3.4). */
const kinds: ReadonlyMap<string, AttributeKind> = new Map([
  ['string', 'text'],
  ['text', 'text'],
  ['octets', 'octets'],
  ['integer', 'integer'],
  ['integer64', 'integer64'],
  ['short', 'short'],
  ['byte', 'byte'],
  ['date', 'date'],
  ['ipaddr', 'ipaddr'],
  ['ipv6addr', 'ipv6addr'],
  ['ipv6prefix', 'ipv6prefix'],
  ['ifid', 'ifid'],
  ['ether', 'ether'],
])

function modifiers(options: string): {tagged: boolean; hiding: AttributeHiding} {
  const words = options.split(',')
  const hiding = words.includes('encrypt=1') ? 'user-password' : words.includes('encrypt=2') ? 'salted' : 'none'
  return {tagged: words.includes('has_tag'), hiding}
}
