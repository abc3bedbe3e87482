import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {
  AndFilter,
  BerReader,
  BerWriter,
  EqualityFilter,
  FilterParser,
  NotFilter,
  OrFilter,
  PresenceFilter,
  SubstringFilter,
} from 'ldapts'
import {
  and,
  equal,
  inChain,
  or,
  present,
  type SearchFilter,
  writeFilter,
} from '../../../src/core/primary/ldap/filter.ts'
import {ldapFilterProblem, parseFilter} from '../../../src/core/primary/ldap/filter-text.ts'

function octets(filter: SearchFilter): Buffer {
  const writer = new BerWriter()
  writeFilter(writer, filter)
  return writer.buffer
}

function parsed(text: string): SearchFilter {
  const read = parseFilter(text)
  assert.ok(read.ok, read.ok ? '' : read.message)
  return read.filter
}

const value = (text: string) => Buffer.from(text, 'utf8')

const good: readonly [text: string, filter: SearchFilter][] = [
  ['(cn=Babs Jensen)', equal('cn', 'Babs Jensen')],
  ['(!(cn=Tim Howes))', {kind: 'not', filter: equal('cn', 'Tim Howes')}],
  ['(cn=*)', present('cn')],
  ['(seeAlso=)', equal('seeAlso', '')],
  [
    '(o=Parens R Us \\28for all your parenthetical needs\\29)',
    equal('o', 'Parens R Us (for all your parenthetical needs)'),
  ],
  ['(filename=C:\\5cMyFile)', equal('filename', 'C:\\MyFile')],
  ['(sn=Lu\\c4\\8di\\c4\\87)', equal('sn', 'Lučić')],
  ['(sn=Lučić)', equal('sn', 'Lučić')],
  ['(bin=\\00\\00\\00\\04)', {kind: 'equal', attribute: 'bin', value: Buffer.from([0, 0, 0, 4])}],
  ['(cn=*\\2A*)', {kind: 'substrings', attribute: 'cn', initial: undefined, any: [value('*')], final: undefined}],
  [
    '(o=univ*of*mich*)',
    {kind: 'substrings', attribute: 'o', initial: value('univ'), any: [value('of'), value('mich')], final: undefined},
  ],
  ['(cn=*end)', {kind: 'substrings', attribute: 'cn', initial: undefined, any: [], final: value('end')}],
  ['(age>=21)', {kind: 'greater-or-equal', attribute: 'age', value: value('21')}],
  ['(age<=21)', {kind: 'less-or-equal', attribute: 'age', value: value('21')}],
  ['(sn~=jon)', {kind: 'approximate', attribute: 'sn', value: value('jon')}],
  ['(cn;lang-de=x)', equal('cn;lang-de', 'x')],
  ['(2.5.4.3=x)', equal('2.5.4.3', 'x')],
  ['(&(a=1)(|(b=2)(c=3)))', and(equal('a', '1'), or(equal('b', '2'), equal('c', '3')))],
  ['( & (a=1)\n  (b= 2 ) )', and(equal('a', '1'), equal('b', ' 2 '))],
  ['(&)', and()],
  ['(|)', or()],
  ['(memberOf:1.2.840.113556.1.4.1941:=CN=VPN,DC=x)', inChain('memberOf', 'CN=VPN,DC=x')],
  [
    '(cn:dn:2.4.6.8.10:=Barney)',
    {kind: 'extensible', attribute: 'cn', rule: '2.4.6.8.10', dnAttributes: true, value: value('Barney')},
  ],
  [
    '(:caseExactMatch:=x)',
    {kind: 'extensible', attribute: undefined, rule: 'caseExactMatch', dnAttributes: false, value: value('x')},
  ],
  [
    '(ou:dn:=People)',
    {kind: 'extensible', attribute: 'ou', rule: undefined, dnAttributes: true, value: value('People')},
  ],
]

for (const [text, filter] of good) {
  test(`the filter ${JSON.stringify(text)} is read as RFC 4515 says`, () => assert.deepEqual(parsed(text), filter))
}

const bad: readonly [text: string, offset: number, message: RegExp][] = [
  ['', 0, /missing/],
  ['cn=x', 0, /starts with "\("/],
  ['(cn=x', 5, /"\)" is missing/],
  ['(cn=x))', 6, /nothing may follow/],
  ['(&(a=1)(b=2)', 12, /"\)" is missing/],
  ['(=x)', 1, /attribute name/],
  ['(cn x)', 3, /one of "="/],
  ['(cn>x)', 3, /one of "="/],
  ['(cn=a(b)', 5, /\\28/],
  ['(cn=a\\2)', 5, /hexadecimal/],
  ['(cn=a\\zz)', 5, /hexadecimal/],
  ['(age>=*)', 6, /\\2a/],
  ['(cn=a**b)', 6, /in a row/],
  ['(!(a=1)(b=2))', 7, /"\)" is missing/],
  ['(&(a=1)b=2)', 7, /starts with "\("/],
  ['(cn:=)(', 6, /nothing may follow/],
  ['(:=x)', 1, /attribute or a matching rule/],
  ['(cn:x)', 3, /matching rule/],
  [`${'(!'.repeat(60)}(a=1)${')'.repeat(60)}`, 102, /inside one another/],
]

for (const [text, offset, message] of bad) {
  test(`the filter ${JSON.stringify(text.slice(0, 20))} is refused at character ${offset}`, () => {
    const problem = ldapFilterProblem(text)
    assert.equal(problem?.offset, offset)
    assert.match(problem?.message ?? '', message)
  })
}

test('reading any text never throws and points into it', () => {
  fc.assert(
    fc.property(fc.string({unit: fc.constantFrom(...'()&|!=*\\:<>~aé1. ')}), (text) => {
      const problem = ldapFilterProblem(text)
      assert.ok(problem === undefined || (problem.offset >= 0 && problem.offset <= text.length))
    }),
  )
})

test('whatever the value, a filter has the same shape and carries the value whole', () => {
  fc.assert(
    fc.property(fc.string({unit: 'binary'}), (name) => {
      const reader = new BerReader(octets(and(equal('uid', name), present('objectClass'))))
      const read = FilterParser.parse(reader)
      assert.ok(read instanceof AndFilter)
      const [first, second] = read.filters
      assert.ok(first instanceof EqualityFilter && second instanceof PresenceFilter)
      assert.equal(read.filters.length, 2)
      assert.equal(first.attribute, 'uid')
      assert.equal(first.value, Buffer.from(name, 'utf8').toString('utf8'))
      assert.equal(reader.remain, 0)
    }),
  )
})

test('a value escaped as RFC 4515 says comes back as it was', () => {
  const inHex = (text: string) => Buffer.from(text).toString('hex').replace(/../g, '\\$&')
  fc.assert(
    fc.property(fc.string({unit: 'grapheme'}), (text) => {
      assert.deepEqual(parsed(`(cn=${inHex(text)})`), equal('cn', text))
    }),
  )
})

test('filters go on the wire as another LDAP implementation reads them', () => {
  const read = FilterParser.parse(new BerReader(octets(parsed('(&(!(a=1))(|(b=x*y*z)(c=*)))'))))
  assert.ok(read instanceof AndFilter)
  const [not, or2] = read.filters
  assert.ok(not instanceof NotFilter && or2 instanceof OrFilter)
  const substring = or2.filters[0]
  assert.ok(substring instanceof SubstringFilter)
  assert.deepEqual([substring.initial, substring.any, substring.final], ['x', ['y'], 'z'])
})
