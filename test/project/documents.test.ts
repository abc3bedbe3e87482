import assert from 'node:assert/strict'
import {existsSync} from 'node:fs'
import {dirname, join, normalize} from 'node:path'
import {test} from 'node:test'
import {codeList} from '../../src/core/config/codes.ts'
import {kinds, optionsOf, sectionSpec} from '../../src/core/config/schema.ts'
import {filesBelow, root, textOf} from './repository.ts'

const documents = filesBelow().filter((file) => file.endsWith('.md'))

test('every link inside the documents leads somewhere', () => {
  assert.ok(documents.includes('docs/decisions/README.md'))
  const dead = documents.flatMap((file) =>
    linksOf(textOf(file))
      .filter((link) => !leadsSomewhere(file, link))
      .map((link) => `${file}: ${link}`),
  )
  assert.deepEqual(dead, [])
})

test('every file and folder of src, test and docs that a document names is there', () => {
  const lost = documents.flatMap((file) =>
    pathsIn(textOf(file))
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${file}: ${path}`),
  )
  assert.deepEqual(lost, [])
})

test('what docs/ivanti.md says is in the log is a text of the program', () => {
  const [, table = ''] =
    /^\| on the page \| in the log \|.*\n(?:\|.*\n)?((?:\|.*\n)+)/m.exec(textOf('docs/ivanti.md')) ?? []
  const phrases = table.split('\n').flatMap((row) => [...(row.split(' | ')[1] ?? '').matchAll(/`([^`]+)`/g)])
  assert.ok(phrases.length >= 12, `${phrases.length} phrases`)
  const program = filesBelow('src/core')
    .map((file) => textOf(file))
    .join('\n')
  // Values are put in where a phrase has dots, a colon, a dash or "which".
  const pieces = phrases
    .flatMap(([, phrase = '']) => phrase.split(/\.\.\.| - |: |, which |[":]|null/))
    .filter((piece) => piece.trim() !== '')
  assert.deepEqual(
    pieces.filter((piece) => !program.includes(piece.trim())),
    [],
  )
})

test('every decision has a number of its own and stands in the index under its title', () => {
  const index = textOf('docs/decisions/README.md')
  const decisions = filesBelow('docs/decisions').filter((file) => /\/\d{4}-[a-z0-9-]+\.md$/.test(file))
  assert.ok(decisions.length >= 10)
  const numbers = decisions.map((file) => file.slice('docs/decisions/'.length, 'docs/decisions/0000'.length))
  assert.deepEqual(numbers, [...new Set(numbers)])
  for (const file of decisions) {
    const number = Number(file.slice('docs/decisions/'.length, 'docs/decisions/0000'.length))
    const [, heading = '', title = ''] = /^# (\d+)\.? (.+)$/m.exec(textOf(file)) ?? []
    assert.equal(Number(heading), number, `the heading of ${file}`)
    assert.ok(index.includes(`(${file.slice('docs/decisions/'.length)})`), `${file} is not in the index`)
    assert.ok(index.includes(title), `the index has another title for ${file}: ${title}`)
  }
})

test('every code of a finding that a document names exists, with the severity it is given', () => {
  const severities = new Map(codeList.map(({code, severity}) => [code, severity]))
  const named = documents.flatMap((file) =>
    [...textOf(file).matchAll(/\bC\d{3}\b(?:(?: to| or|,) (C\d{3}|error|warning|info))?/g)].map(([text]) => ({
      file,
      text,
    })),
  )
  assert.ok(named.length > 10)
  for (const {file, text} of named) {
    const [code = '', word] = text.split(/(?:,| to| or) /)
    assert.ok(severities.has(code), `${file}: ${text}`)
    if (word !== undefined && !word.startsWith('C')) assert.equal(word, severities.get(code), `${file}: ${text}`)
  }
})

test('the README names every section and option that is not served, and no other', () => {
  const [, part = ''] = textOf('README.md').split('## What is not served yet\n')
  const named = [...(part.split('\n## ')[0] ?? '').matchAll(/`\[?([a-z][a-z_]+)\]?`/g)].map(([, name = '']) => name)
  const unserved = kinds.filter((kind) => sectionSpec(kind).served === false)
  const options = kinds
    .filter((kind) => !unserved.includes(kind))
    .flatMap((kind) => optionsOf(kind).filter(([, {served}]) => served === false))
    .map(([key]) => key)
  const words = named.filter((name) => name !== 'validate' && name !== 'main')
  assert.deepEqual([...new Set(words)].toSorted(), [...new Set([...unserved, ...options])].toSorted())
})

/** Targets of inline links that lie inside the repository; code is no link. */
function linksOf(markdown: string): string[] {
  const prose = markdown
    .replaceAll(/```[\s\S]*?```/g, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '))
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link))
}

function leadsSomewhere(file: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? file : normalize(join(dirname(file), path))
  if (!existsSync(join(root, target))) return false
  return anchor === undefined || anchorsOf(textOf(target)).has(anchor)
}

/** Anchors as the common renderers make them of headings. */
function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

/** Paths in code spans; what has a PLACEHOLDER or a wildcard in it is none. */
function pathsIn(markdown: string): string[] {
  return [...markdown.matchAll(/`((?:src|test|docs|fixtures|bench|scripts|bin|packaging)\/[\w./-]*)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => !/[A-Z]{2}/.test(path))
}
