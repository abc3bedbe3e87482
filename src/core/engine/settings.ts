import {Secret} from '../secret.ts'

/** The options of a section as the log and a comparison show them; what was not given is left out. */
export function* settingsOf(
  options: object,
): Iterable<readonly [key: string, value: string | number | boolean | Secret]> {
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (
      typeof value === 'string' ||
      typeof value === 'number' ||
      typeof value === 'boolean' ||
      value instanceof Secret
    ) {
      yield [key, value]
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) yield* listed(key, item, index)
    } else {
      yield [key, JSON.stringify(value)]
    }
  }
}

function* listed(key: string, item: unknown, index: number): Iterable<readonly [string, string | Secret]> {
  if (typeof item === 'object' && item !== null && 'secret' in item && 'network' in item && 'number' in item) {
    const {network, secret, number} = item
    const text = typeof network === 'object' && network !== null && 'text' in network ? network.text : ''
    yield [`${key}_${number}`, `${text}`]
    if (secret instanceof Secret) yield [`radius_secret_${number}`, secret]
  } else {
    yield [`${key}_${index + 1}`, `${item}`]
  }
}
