import type {DuoDevice} from './prompt.ts'

/** What the factor step must know of the preauth; travels sealed in the State, so it is short. */
export type Carry = {
  readonly api: 'v1' | 'v2'
  /** The push that preauth promised, with the code the login shows (Verified Push). */
  readonly verified: {readonly transactionId: string; readonly code: string | undefined} | undefined
  /** Set when the prompt was built from these devices, so that factors go by device id. */
  readonly devices: readonly DuoDevice[] | undefined
}

type Capability = 'push' | 'phone' | 'sms'

const letters: {readonly [Name in Capability]: string} = {push: 'p', phone: 'c', sms: 's'}
const capabilities: readonly Capability[] = ['push', 'phone', 'sms']

/** Undefined for the usual case: v2 with a prompt of Duo's own and no Verified Push. */
export function writeCarry(carry: Carry): string | undefined {
  if (carry.api === 'v2' && carry.verified === undefined && carry.devices === undefined) return undefined
  const fields = new URLSearchParams()
  if (carry.api === 'v1') fields.set('a', '1')
  if (carry.verified !== undefined) fields.set('t', carry.verified.transactionId)
  if (carry.verified?.code !== undefined) fields.set('c', carry.verified.code)
  if (carry.devices !== undefined) fields.set('d', '')
  for (const device of carry.devices ?? []) {
    const able = capabilities.filter((name) => device.capabilities.includes(name)).map((name) => letters[name])
    fields.append('d', `${able.join('')}.${device.id}`)
  }
  return fields.toString()
}

/** Reads what `writeCarry` wrote; anything else counts as the usual case. */
export function readCarry(text: string | undefined): Carry {
  if (text === undefined) return {api: 'v2', verified: undefined, devices: undefined}
  const fields = new URLSearchParams(text)
  const transactionId = fields.get('t')
  const devices = fields.has('d') ? fields.getAll('d').flatMap(readDevice) : undefined
  return {
    api: fields.get('a') === '1' ? 'v1' : 'v2',
    verified: transactionId === null ? undefined : {transactionId, code: fields.get('c') ?? undefined},
    devices,
  }
}

function readDevice(text: string): DuoDevice[] {
  const dot = text.indexOf('.')
  if (dot < 0) return []
  const able = text.slice(0, dot)
  return [
    {id: text.slice(dot + 1), label: '', capabilities: capabilities.filter((name) => able.includes(letters[name]))},
  ]
}
