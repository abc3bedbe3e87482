import type {FactorMap} from '../login/second-factor.ts'
import {isRecord, type JsonRecord, textField, textsField} from './answer.ts'

/** A phone or tablet that can take a factor. */
export type DuoDevice = {
  readonly id: string
  /** How the prompt names it. */
  readonly label: string
  readonly capabilities: readonly string[]
  /** First digit of the next SMS passcode, when a batch is out. */
  readonly nextSmsDigit?: string
}

/** The devices that can do more than show a passcode; undefined when the list makes no sense. */
export function readDevices(devices: unknown): readonly DuoDevice[] | undefined {
  if (!Array.isArray(devices)) return undefined
  const read: DuoDevice[] = []
  for (const device of devices) {
    if (!isRecord(device)) return undefined
    const id = textField(device, 'device')
    if (id === undefined) return undefined
    const capabilities = textsField(device, 'capabilities')
    const next = textField(device, 'sms_nextcode')
    if (capabilities.length > 0) {
      read.push({id, label: labelOf(device), capabilities, ...(next === undefined ? {} : {nextSmsDigit: next})})
    }
  }
  return read
}

const offers = [
  {capability: 'push', words: 'Duo Push to'},
  {capability: 'phone', words: 'Phone call to'},
  {capability: 'sms', words: 'SMS passcodes to'},
] as const

/** The console prompt in Duo's own layout (compatibility: prompt), for a cloud that sends devices only. */
export function promptFromDevices(
  userName: string,
  devices: readonly DuoDevice[],
): {readonly prompt: string; readonly factors: FactorMap} {
  const factors = new Map<string, string>()
  const lines: string[] = []
  for (const {capability, words} of offers) {
    devicesWith(devices, capability).forEach((device, at) => {
      const next = capability === 'sms' ? device.nextSmsDigit : undefined
      const note = next === undefined ? '' : ` (next code starts with: ${next})`
      factors.set(String(lines.length + 1), `${capability}${at + 1}`)
      lines.push(` ${lines.length + 1}. ${words} ${device.label}${note}`)
    })
  }
  const head = `Duo two-factor login for ${userName}\n\n`
  if (lines.length === 0) return {prompt: `${head}Enter a passcode: `, factors}
  const first = factors.get('1')
  if (first !== undefined && !first.startsWith('sms')) factors.set('default', first)
  const choices = `Enter a passcode or select one of the following options:\n\n${lines.join('\n')}\n\n`
  return {prompt: `${head}${choices}Passcode or option (1-${lines.length}): `, factors}
}

/** The device that `push2` means: the second one that can take a push. A bare `push` is the first. */
export function deviceFor(devices: readonly DuoDevice[], capability: string, digits: string): DuoDevice | undefined {
  return devicesWith(devices, capability)[digits === '' ? 0 : Number(digits) - 1]
}

function devicesWith(devices: readonly DuoDevice[], capability: string): readonly DuoDevice[] {
  return devices.filter((device) => device.capabilities.includes(capability))
}

/** The masked number; a tablet has none and goes by its name. */
function labelOf(device: JsonRecord): string {
  return textField(device, 'number') ?? textField(device, 'display_name') ?? textField(device, 'name') ?? 'device'
}
