import {namedValue} from './parse-scenario-world.ts'
import {
  type DuoBehaviour,
  duoBehaviours,
  duoCalls,
  type ExpectedParameters,
  type NamedValue,
  phoneActs,
  type ReplyStep,
  type SendChanges,
  type SendStep,
  type Step,
  type StepContent,
} from './scenario.ts'
import type {Block, Complain, Line} from './scenario-lines.ts'
import type {Word} from './scenario-words.ts'

type Read = (words: readonly Word[], body: readonly Line[], complain: Complain) => StepContent | undefined

/** What may stand at the margin of "== login": the two words it begins with, how it is written, how it is read. */
const forms: readonly {begins: string; usage: string; read: Read}[] = [
  {
    begins: 'nas >',
    usage:
      'nas > [LABEL:] USER "PASSWORD" | answer "TEXT" [to LABEL] | again [LABEL] | retry [LABEL] | status | raw HEX',
    read: readSend,
  },
  {
    begins: 'nas <',
    usage:
      'nas < [LABEL:] Access-Accept|Access-Reject|Access-Challenge | same as LABEL | unverified | silence | waiting',
    read: readReply,
  },
  {begins: 'duo <', usage: 'duo < preauth|auth [NAME=VALUE | -NAME]...', read: readDuoAsked},
  {
    begins: 'duo >',
    usage: `duo > CALL BEHAVIOUR (calls: ${duoCalls.join(', ')}; behaviours: ${duoBehaviours.join(', ')}, a status or code)`,
    read: readDuoBehaves,
  },
  {begins: 'primary <', usage: 'primary < [NAME=VALUE | -NAME]...', read: readPrimaryAsked},
  {begins: 'primary >', usage: 'primary > silent|answering', read: readPrimaryBehaves},
  {begins: 'phone >', usage: `phone > USER ${phoneActs.join('|')}`, read: readPhone},
  {begins: 'log <', usage: 'log < [no] EVENT [NAME=VALUE]...', read: readLogged},
  {begins: 'proxy >', usage: 'proxy > stop|kill and start [primary-only NUMBER ms|s|min]', read: readRestart},
  {begins: 'wait', usage: 'wait NUMBER ms|s|min', read: readWait},
]

export function parseSteps(blocks: readonly Block[], complain: Complain): Step[] {
  const steps: Step[] = []
  let label = 'request'
  const labels = new Set<string>()
  for (const block of blocks) {
    const texts = block.head.words.map((word) => word.text)
    const form = forms.find(({begins}) => begins === texts[0] || begins === `${texts[0]} ${texts[1]}`)
    if (form === undefined) {
      complain(block.head, `no such step (steps begin with: ${forms.map(({begins}) => begins).join(', ')})`)
      continue
    }
    const step = form.read(block.head.words.slice(form.begins.split(' ').length), block.body, complain)
    if (step === undefined) {
      complain(block.head, `expected "${form.usage}"`)
      continue
    }
    if (step.kind !== 'send' && step.kind !== 'reply' && block.body.length > 0) {
      complain(block.body[0] ?? block.head, 'nothing may stand under this step')
    }
    if (step.kind === 'send') {
      label = step.label
      labels.add(label)
    } else if (step.kind === 'reply' && step.label !== '' && !labels.has(step.label)) {
      complain(block.head, `no request has the label "${step.label}"`)
    }
    const place = {line: block.head.number, text: block.head.raw}
    steps.push(step.kind === 'reply' && step.label === '' ? {...step, ...place, label} : {...step, ...place})
  }
  return steps
}

/** Takes `label:` off the front. */
function labelled(words: readonly Word[]): {label: string; rest: readonly Word[]} {
  const first = words[0]
  if (first === undefined || first.quoted || !/^[\w-]+:$/.test(first.text)) return {label: '', rest: words}
  return {label: first.text.slice(0, -1), rest: words.slice(1)}
}

function readSend(words: readonly Word[], body: readonly Line[], complain: Complain): SendStep | undefined {
  const {label, rest} = labelled(words)
  const what = sendWhat(rest)
  if (what === undefined) return undefined
  return {
    kind: 'send',
    label: label === '' ? 'request' : label,
    what,
    changes: sendChanges(body, complain),
  }
}

function sendWhat(words: readonly Word[]): SendStep['what'] | undefined {
  const [first, second, third, fourth] = words
  if (first === undefined) return undefined
  if (!first.quoted && first.text === 'answer' && second?.quoted) {
    if (third === undefined) return {kind: 'answer', text: second.octets, to: ''}
    return third.text === 'to' && fourth !== undefined
      ? {kind: 'answer', text: second.octets, to: fourth.text}
      : undefined
  }
  if (!first.quoted && (first.text === 'again' || first.text === 'retry') && words.length <= 2) {
    return {kind: first.text, of: second?.text ?? 'request'}
  }
  if (!first.quoted && first.text === 'status' && words.length === 1) return {kind: 'status-server'}
  if (!first.quoted && first.text === 'raw' && second !== undefined && /^([0-9a-f]{2})*$/i.test(second.text)) {
    return {kind: 'raw', datagram: Buffer.from(second.text, 'hex')}
  }
  if (second?.quoted !== true || words.length !== 2) return undefined
  return {kind: 'login', userName: first.octets, password: second.octets}
}

function sendChanges(body: readonly Line[], complain: Complain): SendChanges {
  const without: string[] = []
  const attributes: NamedValue[] = []
  let changes: Omit<SendChanges, 'without' | 'attributes'> = {
    method: undefined,
    newPassword: undefined,
    from: undefined,
    userName: undefined,
    secret: undefined,
    identifierOf: undefined,
    forged: false,
  }
  for (const line of body) {
    const [key, value, third] = line.words
    const attribute = namedValue(line)
    if (attribute !== undefined) attributes.push(attribute)
    else if (key?.text === 'forged' && value === undefined) changes = {...changes, forged: true}
    else if (value === undefined || key?.quoted === true)
      complain(line, 'expected "Attribute = value" or a change of the request')
    else if (key?.text === 'without') without.push(value.text)
    else if (key?.text === 'method' && (value.text === 'chap' || value.text === 'mschapv2')) {
      changes = {...changes, method: value.text}
    } else if (key?.text === 'new-password') changes = {...changes, newPassword: value.octets}
    else if (key?.text === 'as') changes = {...changes, userName: value.octets}
    else if (key?.text === 'secret') changes = {...changes, secret: value.octets}
    else if (key?.text === 'identifier' && value.text === 'of' && third !== undefined) {
      changes = {...changes, identifierOf: third.text}
    } else if (key?.text === 'from') {
      const port = third?.text === 'port' ? Number(line.words[3]?.text) : undefined
      if (port !== undefined && !(port > 0 && port < 65_536)) complain(line, 'expected "from ADDRESS [port NUMBER]"')
      changes = {...changes, from: {address: value.text, port}}
    } else
      complain(
        line,
        'expected "Attribute = value", "without NAME", "method chap|mschapv2", "new-password TEXT", "from ADDRESS [port N]", "as NAME", "secret TEXT", "identifier of LABEL" or "forged"',
      )
  }
  return {...changes, without, attributes}
}

function readReply(words: readonly Word[], body: readonly Line[], complain: Complain): ReplyStep | undefined {
  const {label, rest} = labelled(words)
  const expected = replyExpected(rest, body, complain)
  return expected === undefined ? undefined : {kind: 'reply', label, expected}
}

function replyExpected(
  words: readonly Word[],
  body: readonly Line[],
  complain: Complain,
): ReplyStep['expected'] | undefined {
  const [first, second, third] = words.map((word) => word.text)
  if (second === undefined && (first === 'unverified' || first === 'silence' || first === 'waiting'))
    return {kind: first}
  if (first === 'same' && second === 'as' && third !== undefined) return {kind: 'same', as: third}
  if (first !== 'Access-Accept' && first !== 'Access-Reject' && first !== 'Access-Challenge') return undefined
  if (second !== undefined) return undefined
  const messages: string[][] = []
  const attributes: NamedValue[] = []
  let open = false
  for (const line of body) {
    const attribute = namedValue(line)
    if (line.raw.startsWith('|')) {
      if (open) messages.at(-1)?.push(messageLine(line.raw))
      else messages.push([messageLine(line.raw)])
      open = true
    } else if (line.raw === '---') open = false
    else if (attribute !== undefined) attributes.push(attribute)
    else complain(line, 'expected "| text", "---" between two Reply-Messages, or "Attribute = value"')
  }
  return {kind: 'packet', code: first, messages: messages.map((lines) => lines.join('\n')), attributes}
}

/** `| text`; a second | at the end keeps the blanks before it. */
function messageLine(raw: string): string {
  const text = raw.replace(/^\| ?/, '')
  return text.endsWith('|') ? text.slice(0, -1) : text.trimEnd()
}

/** `NAME=VALUE` must be there with that value, `-NAME` must not be there. */
function parameters(words: readonly Word[]): ExpectedParameters | undefined {
  const expected = new Map<string, string | undefined>()
  for (let at = 0; at < words.length; at++) {
    const word = words[at]
    if (word === undefined) return undefined
    if (words[at + 1]?.text === '=' && words[at + 2] !== undefined) {
      expected.set(word.text, words[at + 2]?.text)
      at += 2
    } else if (word.text.startsWith('-') && !word.quoted && word.text.length > 1)
      expected.set(word.text.slice(1), undefined)
    else return undefined
  }
  return expected
}

function readDuoAsked(words: readonly Word[]): StepContent | undefined {
  const call = words[0]?.text
  const expected = parameters(words.slice(1))
  if ((call !== 'preauth' && call !== 'auth') || expected === undefined) return undefined
  return {kind: 'duo-asked', call, parameters: expected}
}

function readDuoBehaves(words: readonly Word[]): StepContent | undefined {
  const call = duoCalls.find((known) => known === words[0]?.text)
  const behaviour = duoBehaviour(words[1]?.text ?? '')
  if (call === undefined || behaviour === undefined || words.length !== 2) return undefined
  return {kind: 'duo-behaves', call, behaviour}
}

function duoBehaviour(text: string): DuoBehaviour | undefined {
  return /^\d{3}(\d\d)?$/.test(text) ? Number(text) : duoBehaviours.find((known) => known === text)
}

function readPrimaryAsked(words: readonly Word[]): StepContent | undefined {
  const expected = parameters(words)
  return expected === undefined ? undefined : {kind: 'primary-asked', parameters: expected}
}

function readPrimaryBehaves(words: readonly Word[]): StepContent | undefined {
  const [how, more] = words.map((word) => word.text)
  if ((how !== 'silent' && how !== 'answering') || more !== undefined) return undefined
  return {kind: 'primary-behaves', silent: how === 'silent'}
}

function readPhone(words: readonly Word[]): StepContent | undefined {
  const said = words.slice(1).map((word) => word.text)
  const act = phoneActs.find((known) => known === said.join(' '))
  const user = words[0]
  return user === undefined || act === undefined ? undefined : {kind: 'phone-acts', userName: user.octets, act}
}

function readLogged(words: readonly Word[]): StepContent | undefined {
  const [first, second] = words
  if (first === undefined) return undefined
  if (first.text === 'no' && second !== undefined && words.length === 2) {
    return {kind: 'not-logged', event: second.text}
  }
  const fields = parameters(words.slice(1))
  return fields === undefined ? undefined : {kind: 'logged', event: first.text, fields}
}

function readRestart(words: readonly Word[]): StepContent | undefined {
  const [how, and, start, mode, ...duration] = words.map((word) => word.text)
  if ((how !== 'stop' && how !== 'kill') || and !== 'and' || start !== 'start') return undefined
  if (mode === undefined) return {kind: 'restart', how, primaryOnlyMs: undefined}
  const primaryOnlyMs = mode === 'primary-only' ? milliseconds(duration) : undefined
  return primaryOnlyMs === undefined ? undefined : {kind: 'restart', how, primaryOnlyMs}
}

const unitMs: {readonly [unit: string]: number} = {ms: 1, s: 1000, min: 60_000}

function readWait(words: readonly Word[]): StepContent | undefined {
  const ms = milliseconds(words.map((word) => word.text))
  return ms === undefined ? undefined : {kind: 'wait', ms}
}

/** A number and its unit. */
function milliseconds([amount, unit, ...more]: readonly string[]): number | undefined {
  const ms = Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN)
  return more.length === 0 && ms > 0 ? ms : undefined
}
