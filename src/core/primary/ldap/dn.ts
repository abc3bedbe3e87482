/** A distinguished name in a form that two spellings of it share; undefined when the text is no DN (RFC 4514). */
export function normalizeDn(text: string): string | undefined {
  if (text.trim() === '') return ''
  const rdns: string[] = []
  for (const rdn of splitUnescaped(text, /[,;]/)) {
    const parts: string[] = []
    for (const part of splitUnescaped(rdn, /\+/)) {
      const assertion = normalizeAssertion(part)
      if (assertion === undefined) return undefined
      parts.push(assertion)
    }
    rdns.push(parts.sort().join('+'))
  }
  return rdns.join(',')
}

/** Splits at separators that are neither escaped nor quoted (RFC 4514 2.4, RFC 2253 4 for quotes). */
function splitUnescaped(text: string, separator: RegExp): string[] {
  const parts: string[] = []
  let current = ''
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\\') {
      current += text.slice(at, at + 2)
      at++
      continue
    }
    if (character === '"') quoted = !quoted
    if (!quoted && separator.test(character)) {
      parts.push(current)
      current = ''
    } else {
      current += character
    }
  }
  parts.push(current)
  return parts
}

function normalizeAssertion(text: string): string | undefined {
  const match = /^\s*([A-Za-z][A-Za-z0-9-]*|(?:OID\.)?\d+(?:\.\d+)*)\s*=\s*(.*)$/is.exec(text)
  const attribute = match?.[1]
  const value = match?.[2]
  if (attribute === undefined || value === undefined) return undefined
  const octets = unescapeValue(value)
  if (octets === undefined) return undefined
  // hexadecimal keeps the two spellings equal and the separators out of the result
  const folded = octets.toString('utf8').toLowerCase().normalize('NFKC').replace(/\s+/g, ' ').trim()
  return `${attribute.toLowerCase()}=${Buffer.from(folded, 'utf8').toString('hex')}`
}

function unescapeValue(raw: string): Buffer | undefined {
  const value = trimUnescaped(raw)
  const text = value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
  const octets: Buffer[] = []
  for (let at = 0; at < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
    if (character !== '\\') {
      octets.push(Buffer.from(character, 'utf8'))
      at += character.length
      continue
    }
    const hex = text.slice(at + 1, at + 3)
    if (/^[0-9A-Fa-f]{2}$/.test(hex)) {
      octets.push(Buffer.from(hex, 'hex'))
      at += 3
    } else {
      const escaped = text.codePointAt(at + 1)
      if (escaped === undefined) return undefined
      octets.push(Buffer.from(String.fromCodePoint(escaped), 'utf8'))
      at += 1 + String.fromCodePoint(escaped).length
    }
  }
  return Buffer.concat(octets)
}

/** A last space may be escaped ("\ "), then it belongs to the value. */
function trimUnescaped(text: string): string {
  const trimmed = text.trim()
  return /(^|[^\\])(\\\\)*\\$/.test(trimmed) ? `${trimmed} ` : trimmed
}
