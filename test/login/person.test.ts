import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {personOf} from '../../src/core/login/person.ts'

for (const [userName, person] of [
  ['jdoe', 'jdoe'],
  ['JDoe', 'jdoe'],
  ['CORP\\jdoe', 'jdoe'],
  ['corp.example\\JDOE', 'jdoe'],
  ['jdoe@corp.example', 'jdoe'],
  ['CORP\\jdoe@corp.example', 'jdoe'],
  ['ｊｄｏｅ', 'jdoe'],
  ['@corp.example', '@corp.example'],
  ['CORP\\', 'corp\\'],
  [' jdoe ', 'jdoe'],
  ['j.doe', 'j.doe'],
] as const) {
  test(`'${userName}' is ${person}`, () => assert.equal(personOf(userName), person))
}

test('everybody is somebody', () => {
  fc.assert(fc.property(fc.string({minLength: 1}), (userName) => assert.notEqual(personOf(userName), '')))
})
