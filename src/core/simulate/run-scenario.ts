import type {LogRecord} from '../log/log.ts'
import {attributeType, firstAttribute} from '../radius/packet.ts'
import {verifyReply} from '../radius/verify.ts'
import type {World} from '../world.ts'
import {describeReply, differentReply, type ExpectedPacket} from './compare-reply.ts'
import {Journal} from './journal.ts'
import type {ExpectedParameters, ReplyStep, Scenario, Step} from './scenario.ts'
import {type Challenged, ScenarioRequests, type SentRequest} from './scenario-request.ts'
import type {Inside, Stage} from './scenario-stage.ts'

/** `left-out`: this stage cannot see it. */
export type StepResult = {readonly step: Step; readonly result: 'ok' | 'left-out' | {readonly problem: string}}

/**
 * Plays a scenario and compares. Stops at the first step that is not as written, since what follows rests on it.
 * `world` is the one the stage's clock and chance come from, `guard` the real one that ends a wait for nothing.
 */
export async function runScenario(
  scenario: Scenario,
  stage: Stage,
  worlds: {readonly world: World; readonly guard: World},
): Promise<readonly StepResult[]> {
  const play = new Play(scenario, stage, worlds.world, worlds.guard)
  const results: StepResult[] = []
  for (const step of scenario.steps) {
    const problem = await play.perform(step)
    results.push({step, result: problem === undefined ? 'ok' : problem === 'left-out' ? problem : {problem}})
    if (problem !== undefined && problem !== 'left-out') return results
  }
  const last = scenario.steps.at(-1)
  const leftover = play.leftover()
  if (last !== undefined && leftover !== undefined) results.push({step: last, result: {problem: leftover}})
  return results
}

type Awaited = {
  readonly request: SentRequest
  readonly replies: Journal<Buffer>
  /** The reply a step has looked at. */
  reply: Buffer | undefined
}

class Play {
  readonly #stage: Stage
  readonly #guard: World
  readonly #requests: ScenarioRequests
  readonly #sent = new Map<string, Awaited>()
  readonly #challenges = new Map<string, Challenged>()
  #lastChallenge = ''

  constructor(scenario: Scenario, stage: Stage, world: World, guard: World) {
    this.#stage = stage
    this.#guard = guard
    this.#requests = new ScenarioRequests(world, scenario, stage.secret)
  }

  /** What is wrong, or undefined. */
  async perform(step: Step): Promise<string | undefined> {
    if (step.kind === 'send') return this.#send(step)
    if (step.kind === 'reply') return this.#reply(step)
    if (step.kind === 'wait') {
      await this.#stage.wait(step.ms)
      return undefined
    }
    return this.#stage.inside === undefined ? 'left-out' : this.#inside(step, this.#stage.inside)
  }

  /** What happened that the scenario does not mention: a second push, a password tried twice, an answer nobody looked at. */
  leftover(): string | undefined {
    const unread = [...this.#sent.values()].find(({replies}) => replies.entries.length > 0)
    if (unread !== undefined) return `a reply to "${unread.request.label}" is not in the transcript`
    const duo = this.#stage.inside?.duoCalls.entries[0]
    if (duo !== undefined) return `Duo was also asked ${duo.path} ${shown(duo.parameters)}`
    const primary = this.#stage.inside?.primaryCalls.entries[0]
    if (primary !== undefined) return `the primary server was also asked ${shown(primary.parameters)}`
    return undefined
  }

  #send(step: Extract<Step, {kind: 'send'}>): string | undefined {
    const requests = new Map([...this.#sent].map(([label, {request}]) => [label, request]))
    const made = this.#requests.make(step, requests, (label) =>
      this.#challenges.get(label === '' ? this.#lastChallenge : label),
    )
    if (!made.ok) return made.reason
    const {request} = made
    const replies = new Journal<Buffer>()
    this.#sent.set(step.label, {request, replies, reply: undefined})
    this.#stage.send(request.datagram, request.from, (datagram) => replies.add(datagram))
    return undefined
  }

  async #reply({label, expected}: ReplyStep): Promise<string | undefined> {
    const awaited = this.#sent.get(label)
    if (awaited === undefined) return `no request has the label "${label}"`
    const {request, replies} = awaited
    if (expected.kind === 'silence' || expected.kind === 'waiting') {
      await this.#quiet()
      const answered = replies.entries[0]
      return answered === undefined ? undefined : `the proxy has answered: ${describeReply(request, answered)}`
    }
    const reply = await replies.take(() => true, this.#guard, this.#stage.patienceMs)
    if (reply === undefined) return 'the proxy does not answer'
    awaited.reply = reply
    if (expected.kind === 'same') {
      const same = this.#sent.get(expected.as)?.reply?.equals(reply)
      return same ? undefined : `not the same octets as the reply to "${expected.as}"`
    }
    if (expected.kind === 'unverified') {
      const verified = verifyReply(reply, request.header, request.key)
      return verified.ok ? `the reply verifies: ${describeReply(request, reply)}` : undefined
    }
    return this.#compare(request, reply, expected)
  }

  #compare(request: SentRequest, datagram: Buffer, expected: ExpectedPacket): string | undefined {
    const verified = verifyReply(datagram, request.header, request.key)
    if (!verified.ok) return `the reply does not count: ${verified.reason}`
    const state = firstAttribute(verified.packet.attributes, attributeType.state)
    if (state !== undefined) {
      this.#challenges.set(request.label, {request, state})
      this.#lastChallenge = request.label
    }
    return differentReply(request, verified.packet, expected)
  }

  async #inside(step: Step, inside: Inside): Promise<string | undefined> {
    switch (step.kind) {
      case 'duo-asked': {
        const call = await inside.duoCalls.take(() => true, this.#guard, this.#stage.patienceMs)
        if (call === undefined) return 'Duo was not asked'
        const asked = `${call.path} ${shown(call.parameters)}`
        if (!call.path.endsWith(`/${step.call}`)) return `Duo was asked ${asked}`
        return different(step.parameters, call.parameters, `Duo was asked ${asked}`)
      }
      case 'primary-asked': {
        const call = await inside.primaryCalls.take(() => true, this.#guard, this.#stage.patienceMs)
        if (call === undefined) return 'the primary server was not asked'
        return different(step.parameters, call.parameters, `it was asked ${shown(call.parameters)}`)
      }
      case 'logged': {
        const fits = (fields: LogRecord['fields']) => different(step.fields, withAuthNames(fields), '') === undefined
        const record = await inside.events.take(
          ({name, fields}) => name === step.event && fits(fields),
          this.#guard,
          this.#stage.patienceMs,
        )
        if (record !== undefined) return undefined
        const same = inside.events.entries.filter(({name}) => name === step.event)
        return same.length === 0 ? 'no such event' : `only ${same.map(({fields}) => shown(fields)).join(' and ')}`
      }
      case 'not-logged': {
        const found = inside.events.entries.find(
          ({name, text, fields}) => name === step.event || `${text} ${shown(fields)}`.includes(step.event),
        )
        return found === undefined ? undefined : `the log has: ${found.name} ${found.text}`
      }
      case 'duo-behaves':
        inside.duoBehaves(step.call, step.behaviour)
        return undefined
      case 'primary-behaves':
        inside.primaryBehaves(step.silent)
        return undefined
      case 'phone-acts': {
        const done = await inside.phoneActs(step.userName.toString('utf8'), step.act, this.#stage.patienceMs)
        return done ? undefined : 'there is no push to answer'
      }
      case 'restart':
        await inside.restart(step)
        return undefined
      default:
        return undefined
    }
  }

  /** Lets what is under way come to rest. */
  async #quiet(): Promise<void> {
    const turns = 5
    for (let turn = 0; turn < turns; turn++) {
      await new Promise<void>((resolve) => void this.#guard.after(this.#stage.silenceMs / turns, resolve))
    }
  }
}

function different(
  expected: ExpectedParameters,
  actual: Readonly<Record<string, unknown>>,
  otherwise: string,
): string | undefined {
  for (const [name, value] of expected) {
    const found = actual[name]
    if (value === undefined ? found !== undefined : `${found}` !== value) return otherwise
  }
  return undefined
}

/** What authevents.log gets of an event has names as well: auth.status. */
function withAuthNames(fields: LogRecord['fields']): LogRecord['fields'] {
  const named = Object.entries(fields.auth ?? {}).map(([name, value]) => [`auth.${name}`, value])
  return {...fields, ...Object.fromEntries(named)}
}

function shown(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(' ')
}
