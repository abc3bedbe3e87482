import assert from 'node:assert/strict'
import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import {fileURLToPath} from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const dockerfile = readFileSync(join(root, 'packaging/docker/Dockerfile'), 'utf8')

type Instruction = {readonly name: string; readonly text: string}

/** The instructions of each stage, with their continued lines joined. */
const stages = dockerfile
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .reduce<Instruction[][]>(
    (found, line) => {
      const [name = '', ...words] = line.split(/\s+/)
      if (name === 'FROM') found.push([])
      found.at(-1)?.push({name, text: words.join(' ')})
      return found
    },
    [[]],
  )
const last = stages.at(-1) ?? []
const texts = (name: string) => last.filter((instruction) => instruction.name === name).map(({text}) => text)

test('the image runs as nobody of importance, and says whether it is well', () => {
  assert.deepEqual(texts('USER'), ['10001:10001'])
  assert.match(texts('HEALTHCHECK')[0] ?? '', /CMD authproxy status .*\|\| exit 1$/)
  assert.deepEqual(texts('ENTRYPOINT'), ['["authproxy"]'])
  assert.deepEqual(texts('CMD'), ['["serve"]'])
  assert.deepEqual(texts('STOPSIGNAL'), ['SIGTERM'])
  assert.deepEqual(texts('EXPOSE'), ['1812/udp'])
  const afterUser = last.slice(last.findIndex(({name}) => name === 'USER'))
  assert.equal(
    afterUser.some(({name}) => name === 'RUN' || name === 'COPY'),
    false,
    'nothing is made by the user itself',
  )
})

test('its Node is the one of the project, its files are there and let in', () => {
  const {devDependencies} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  assert.match(dockerfile, new RegExp(`^ARG NODE_VERSION=${devDependencies.node.replaceAll('.', '\\.')}$`, 'm'))
  const ignore = readFileSync(join(root, 'packaging/docker/Dockerfile.dockerignore'), 'utf8').split('\n')
  assert.ok(ignore.includes('*'))
  const copied = (stages[1] ?? []).filter(({name}) => name === 'COPY').flatMap(({text}) => text.split(' ').slice(0, -1))
  assert.ok(copied.length > 5)
  for (const source of copied) {
    assert.ok(existsSync(join(root, source)), source)
    assert.ok(ignore.includes(`!${source}`), `${source} is let in`)
  }
})

test('no secret is built in', () => {
  assert.doesNotMatch(dockerfile, /(secret|password|skey|token)\s*=/i)
})
