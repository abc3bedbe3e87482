import {createHash} from 'node:crypto'
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {type Dice, mutate} from './mutate.ts'

/** Something that reads octets of strangers. */
export type Target = {
  readonly name: string
  /** Inputs that are right, to begin with. */
  readonly seeds: readonly Buffer[]
  /** Words that an input of this kind is made of. */
  readonly words?: readonly string[]
  /**
   * Reads the input and checks what must hold; throws when it does not.
   * @returns what became of it, in a few words: an input with a new one is worth keeping.
   */
  readonly run: (input: Buffer) => string | Promise<string>
}

const folder = fileURLToPath(new URL('../../fixtures/fuzz/', import.meta.url))

/** What earlier runs have kept: one input for each outcome, and every input that once broke something. */
export function keptInputs({name}: Target): Buffer[] {
  const path = join(folder, name)
  if (!existsSync(path)) return []
  return readdirSync(path)
    .toSorted()
    .map((file) => readFileSync(join(path, file)))
}

export function keep({name}: Target, input: Buffer): string {
  mkdirSync(join(folder, name), {recursive: true})
  const path = join(folder, name, createHash('sha256').update(input).digest('hex').slice(0, 16))
  writeFileSync(path, input)
  return path
}

/** An input that breaks what must hold. */
export class Broken extends Error {
  readonly input: Buffer

  constructor(target: Target, input: Buffer, cause: unknown) {
    const hex = input.toString('hex')
    super(`${target.name} breaks at ${hex.length > 400 ? `${hex.slice(0, 400)}...` : hex}: ${String(cause)}`, {cause})
    this.input = input
  }
}

export async function tryInput(target: Target, input: Buffer): Promise<string> {
  // What a target writes into its input must not be seen by the next one.
  const octets = Buffer.from(input)
  try {
    return await target.run(octets)
  } catch (cause) {
    throw new Broken(target, input, cause)
  }
}

/**
 * Spoils inputs until `isOver`, growing the corpus by those that come to something new.
 * @returns how many were tried, and the new inputs.
 */
export async function fuzz(
  target: Target,
  dice: Dice,
  isOver: (tries: number) => boolean,
): Promise<{tries: number; found: Buffer[]; outcomes: number}> {
  const corpus = [...target.seeds, ...keptInputs(target)]
  const outcomes = new Set<string>()
  for (const input of corpus) outcomes.add(await tryInput(target, input))
  const found: Buffer[] = []
  let tries = 0
  for (; !isOver(tries); tries++) {
    const input = mutate(corpus, target.words ?? [], dice)
    const outcome = await tryInput(target, input)
    if (outcomes.has(outcome)) continue
    outcomes.add(outcome)
    corpus.push(input)
    found.push(input)
  }
  return {tries, found, outcomes: outcomes.size}
}
