/** A phone or tablet of a fake user. A tablet has no number and takes pushes only. */
export type CloudPhone = {
  /** Device id; made up when left out. */
  readonly id?: string
  readonly number?: string
  /** How Duo shows the number; made of its last four digits when left out. International numbers have masks of their own. */
  readonly mask?: string
  readonly name?: string
  readonly platform?: string
  readonly capabilities?: readonly ('push' | 'phone' | 'sms')[]
}

/** What the person does when a push or a call comes in. `wait`: nothing, until a test answers or 60 s are over. */
export type PhoneAnswer = 'approve' | 'deny' | 'fraud' | 'wait'

export type CloudUser = {
  readonly userName: string
  /** `ask` is the normal one. `bypass` and `allow` need no second factor. */
  readonly access?: 'ask' | 'allow' | 'bypass' | 'deny' | 'locked-out' | 'enroll'
  readonly phones?: readonly CloudPhone[]
  /** Serial numbers of one-time-code tokens. */
  readonly tokens?: readonly string[]
  /** Each is good once, unless `passcodesLast`. */
  readonly passcodes?: readonly string[]
  readonly passcodesLast?: boolean
  readonly answer?: PhoneAnswer
  /** How long the person takes; 0 when left out. */
  readonly answerAfterMs?: number
  /** Pushes ask for a code that the login shows, when the caller can show it. */
  readonly verifiedPush?: boolean
  readonly groups?: readonly string[]
}

/** A device as the answers list it. */
export type Device = {
  readonly id: string
  readonly type: 'phone' | 'token'
  readonly name: string
  readonly shown: string
  readonly platform: string
  readonly number: string
  readonly capabilities: readonly string[]
}

/** A user with what changes: passcodes left, failures, texts sent. */
export type Account = {
  readonly user: CloudUser
  readonly devices: readonly Device[]
  readonly passcodes: Set<string>
  /** The codes of the last text message, for the test to read. */
  smsCodes: readonly string[]
  failures: number
  lockedOut: boolean
}

export function openAccount(user: CloudUser): Account {
  const phones = (user.phones ?? []).map((phone, at) => phoneDevice(user.userName, phone, at))
  const tokens = (user.tokens ?? []).map((serial, at) => tokenDevice(user.userName, serial, at))
  return {
    user,
    devices: [...phones, ...tokens],
    passcodes: new Set(user.passcodes),
    smsCodes: [],
    failures: 0,
    lockedOut: user.access === 'locked-out',
  }
}

export type Prompt = {readonly text: string; readonly factors: Readonly<Record<string, string>>}

/** The text for a console and what may be typed, as Duo lays it out: pushes first, then calls, then text messages. */
export function consolePrompt(account: Account, verifiedPush: boolean): Prompt {
  const options: {label: string; factor: string}[] = []
  for (const [capability, word, factor] of [
    ['push', 'Duo Push to', verifiedPush ? 'verified_push' : 'push'],
    ['phone', 'Phone call to', 'phone'],
    ['sms', 'SMS passcodes to', 'sms'],
  ] as const) {
    const devices = account.devices.filter((device) => device.capabilities.includes(capability))
    devices.forEach((device, at) => {
      const next = capability === 'sms' && account.smsCodes[0] !== undefined ? account.smsCodes[0][0] : undefined
      const note = next === undefined ? '' : ` (next code starts with: ${next})`
      options.push({label: `${word} ${device.shown}${note}`, factor: `${factor}${at + 1}`})
    })
  }
  const head = `Duo two-factor login for ${account.user.userName}\n\n`
  if (options.length === 0) return {text: `${head}Enter a passcode: `, factors: {}}
  const lines = options.map((option, at) => ` ${at + 1}. ${option.label}`).join('\n')
  const factors: Record<string, string> = {}
  options.forEach((option, at) => {
    factors[String(at + 1)] = option.factor
  })
  const first = options[0]
  if (first !== undefined && !first.factor.startsWith('sms')) factors.default = first.factor
  return {
    text: `${head}Enter a passcode or select one of the following options:\n\n${lines}\n\nPasscode or option (1-${options.length}): `,
    factors,
  }
}

/** The device that a factor name means: `push2` is the second one that can take a push. */
export function deviceFor(account: Account, capability: string, number: number): Device | undefined {
  return account.devices.filter((device) => device.capabilities.includes(capability))[number - 1]
}

function phoneDevice(userName: string, phone: CloudPhone, at: number): Device {
  const number = phone.number ?? ''
  const mask = phone.mask ?? (number === '' ? '' : `XXX-XXX-${number.slice(-4)}`)
  const name = phone.name ?? ''
  const platform = phone.platform ?? 'Android'
  return {
    id: phone.id ?? deviceId('DP', `${userName} ${at}`),
    type: 'phone',
    name,
    shown: mask === '' ? `${name === '' ? 'tablet' : name} (${platform})` : mask,
    platform,
    number: mask,
    capabilities: ['auto', ...(phone.capabilities ?? (number === '' ? ['push'] : ['push', 'phone', 'sms']))],
  }
}

function tokenDevice(userName: string, serial: string, at: number): Device {
  const id = deviceId('DH', `${userName} ${at}`)
  return {id, type: 'token', name: serial, shown: serial, platform: '', number: '', capabilities: []}
}

/** Twenty capitals and digits, the same at every start. */
function deviceId(prefix: string, seed: string): string {
  return prefix + Buffer.from(seed).toString('hex').toUpperCase().padStart(18, '0').slice(-18)
}
