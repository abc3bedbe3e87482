import type {CloudUser} from './duo-cloud-users.ts'
import type {Word} from './scenario-words.ts'

/**
 * A scenario is a golden transcript as data: the world a login meets, then line by line what is sent, asked and
 * answered (docs/simulate.md describes the text form).
 */
export type Scenario = {
  /** The first comment of the file. */
  readonly title: string
  /** What differs from the standard configuration. */
  readonly config: readonly ConfigSection[]
  readonly nas: ScenarioNas
  readonly primary: ScenarioPrimary
  readonly duo: ScenarioDuo
  readonly steps: readonly Step[]
}

/** Options set over, or taken out of (`undefined`), the section of that name. */
export type ConfigSection = {readonly name: string; readonly options: ReadonlyMap<string, string | undefined>}

export type ScenarioNas = {
  readonly address: string
  readonly profile: string
  /** The user's own address, as Tunnel-Client-Endpoint has it. */
  readonly clientAddress: string
}

export type NamedValue = {readonly line: number; readonly name: string; readonly value: Word}

export type PrimaryUser = {
  readonly name: Buffer
  readonly password: Buffer
  readonly attributes: readonly NamedValue[]
  /** What the server asks after the right password, and the answer it wants. */
  readonly asks: {readonly prompt: string; readonly answer: Buffer} | undefined
  /** The Reply-Message of the server's refusal, although the password is right. */
  readonly refused: string | undefined
  /** MS-CHAPv2 may change it. */
  readonly isExpired: boolean
}

export type ScenarioPrimary = {
  readonly kind: 'radius' | 'directory' | 'none'
  readonly users: readonly PrimaryUser[]
}

export const duoAccesses = ['ask', 'allow', 'bypass', 'deny', 'locked-out', 'enroll'] as const

export type ScenarioDuo = {
  /** `v2`: with text prompts; `v2-devices`: v2 that gives devices and no prompt; `v1`: v2 is refused. */
  readonly api: 'v2' | 'v2-devices' | 'v1'
  readonly users: readonly CloudUser[]
}

export type SendStep = {
  readonly kind: 'send'
  readonly label: string
  readonly what:
    | {readonly kind: 'login'; readonly userName: Buffer; readonly password: Buffer}
    | {readonly kind: 'answer'; readonly text: Buffer; readonly to: string}
    /** The same octets once more. */
    | {readonly kind: 'again'; readonly of: string}
    /** The same request with a new Identifier and authenticator. */
    | {readonly kind: 'retry'; readonly of: string}
    | {readonly kind: 'status-server'}
    | {readonly kind: 'raw'; readonly datagram: Buffer}
  readonly changes: SendChanges
}

/** How one request differs from what the NAS would send by itself. */
export type SendChanges = {
  /** How the password travels, when not as User-Password; with a new password MS-CHAPv2 changes it. */
  readonly method: 'chap' | 'mschapv2' | undefined
  readonly newPassword: Buffer | undefined
  readonly from: {readonly address: string; readonly port: number | undefined} | undefined
  readonly userName: Buffer | undefined
  readonly secret: Buffer | undefined
  /** Takes the Identifier of an earlier request. */
  readonly identifierOf: string | undefined
  readonly without: readonly string[]
  /** Its Message-Authenticator is wrong. */
  readonly forged: boolean
  readonly attributes: readonly NamedValue[]
}

export type ReplyStep = {
  readonly kind: 'reply'
  readonly label: string
  readonly expected:
    | {
        readonly kind: 'packet'
        readonly code: 'Access-Accept' | 'Access-Reject' | 'Access-Challenge'
        /** One string for each Reply-Message. */
        readonly messages: readonly string[]
        /** All other attributes but Message-Authenticator and State, in order. */
        readonly attributes: readonly NamedValue[]
      }
    | {readonly kind: 'same'; readonly as: string}
    /** A reply that does not verify, as with another shared secret. */
    | {readonly kind: 'unverified'}
    /** The proxy does not answer, now or later. */
    | {readonly kind: 'silence'}
    /** The proxy has not answered yet. */
    | {readonly kind: 'waiting'}
}

/** A parameter that must have this value, or that must not be there (`undefined`). */
export type ExpectedParameters = ReadonlyMap<string, string | undefined>

export const duoBehaviours = [
  'well',
  'reset',
  'hanging',
  'cut',
  'html',
  'redirect',
  'malformed',
  'incomplete',
  'odd-stat',
] as const
/** How Duo answers one kind of call from now on; a number is an HTTP status, five digits one of Duo's own codes. */
export type DuoBehaviour = (typeof duoBehaviours)[number] | number

export const duoCalls = ['any', 'ping', 'check', 'preauth', 'auth', 'auth_status'] as const
export type DuoCall = (typeof duoCalls)[number]

export const phoneActs = ['approves', 'denies', 'reports fraud'] as const
export type PhoneAct = (typeof phoneActs)[number]

/** How the old proxy ends, and for how long the new one is in primary-only mode, if it is. */
export type Restart = {readonly how: 'stop' | 'kill'; readonly primaryOnlyMs: number | undefined}

/** `text` is the line as written, for reports. */
export type Step = StepContent & {readonly line: number; readonly text: string}

export type StepContent =
  | SendStep
  | ReplyStep
  | {readonly kind: 'duo-asked'; readonly call: 'preauth' | 'auth'; readonly parameters: ExpectedParameters}
  | {readonly kind: 'primary-asked'; readonly parameters: ExpectedParameters}
  | {readonly kind: 'duo-behaves'; readonly call: DuoCall; readonly behaviour: DuoBehaviour}
  | {readonly kind: 'primary-behaves'; readonly silent: boolean}
  | {readonly kind: 'phone-acts'; readonly userName: Buffer; readonly act: PhoneAct}
  | {readonly kind: 'wait'; readonly ms: number}
  | {readonly kind: 'logged'; readonly event: string; readonly fields: ExpectedParameters}
  | {readonly kind: 'not-logged'; readonly event: string}
  | ({readonly kind: 'restart'} & Restart)

export type ScenarioProblem = {readonly line: number; readonly column: number; readonly message: string}
