import assert from 'node:assert/strict'
import {createHash} from 'node:crypto'
import {chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type TestContext, test} from 'node:test'
import fc from 'fast-check'
import {open, seal} from '../../src/core/config/protect/blob.ts'
import {dpapiProtect, dpapiUnprotect} from '../../src/core/config/protect/dpapi.ts'
import {protectFile} from '../../src/core/config/protect/protect-file.ts'
import {protectText} from '../../src/core/config/protect/protect-text.ts'
import {createProtector, type ProtectorEdge} from '../../src/core/config/protect/protector.ts'
import {readLocalFile} from '../../src/core/config/read-file.ts'
import {Fault} from '../../src/core/fault.ts'
import {Secret} from '../../src/core/secret.ts'
import {loadText, rightFile} from './support/context.ts'

const key = Buffer.alloc(32, 7)
const nonce = Buffer.alloc(12, 1)

/** Unpredictable enough for a test, and the same in every run. */
function countingBytes(): (size: number) => Buffer {
  let drawn = 0
  return (size) => createHash('sha512').update(`${drawn++}`).digest().subarray(0, size)
}

function edge(overrides: Partial<ProtectorEdge> = {}): ProtectorEdge {
  return {
    platform: 'linux',
    readFile: readLocalFile,
    randomBytes: countingBytes(),
    runPowerShell: () => assert.fail('no PowerShell here'),
    ...overrides,
  }
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'authproxy-protect-'))
  t.after(() => rmSync(path, {recursive: true, force: true}))
  return path
}

test('what is sealed is opened with the same key, and only with it', () => {
  fc.assert(
    fc.property(
      fc.string({unit: 'binary'}).filter((text) => text.isWellFormed()),
      (text) => {
        const sealed = seal(new Secret(text), key, nonce)
        const opened = open(sealed, key)
        assert.ok(opened.ok)
        assert.equal(opened.secret.reveal(), text)
        const elsewhere = open(sealed, Buffer.alloc(32, 8))
        assert.deepEqual(elsewhere, {ok: false, reason: 'it was protected on another machine, or with another key'})
      },
    ),
  )
})

test('the form of a protected value stays: this one was sealed by the first release', () => {
  const sealed = 'ap1.gSAemYyo.AQEBAQEBAQEBAQEBFASZpCVYZ-8EeNYC4spOJy3_wlAU8gh3SugFAzuFGFoEXhW7'
  assert.equal(seal(new Secret('test-secret-not-real'), key, nonce), sealed)
})

test('any changed character is noticed', () => {
  const sealed = seal(new Secret('test-secret-not-real'), key, nonce)
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.constantFrom(...'AZaz09-_.'), (at, character) => {
      const damaged = sealed.slice(0, at) + character + sealed.slice(at + 1)
      // The last character of base64url may carry bits that count for nothing.
      const isSame = damaged === sealed || (at === sealed.length - 1 && open(damaged, key).ok)
      assert.ok(isSame || !open(damaged, key).ok)
    }),
  )
  fc.assert(fc.property(fc.string(), (text) => assert.equal(open(text, key).ok, false)))
})

test('a value that cannot be opened says why', (t) => {
  const protector = createProtector(join(folder(t), 'authproxy.cfg'), edge())
  const why = (text: string) => {
    const opened = protector.unprotect(text)
    return opened.ok ? 'opened' : opened.reason
  }
  assert.match(why('AQAAANCMnd8BFdERjHoAwE/Cl+sBAAAA'), /the original's tool on Windows/)
  assert.match(why('ap1w.AQAAANCMnd8BFdERjHoAwE'), /on Windows/)
  assert.match(why('ap2.AAAAAAAA.AAAA'), /later release/)
  assert.match(why('secret'), /not a protected value/)
  assert.match(why(seal(new Secret('x'), key, nonce)), /authproxy\.key, does not exist/)
})

test('the key is made once, beside the file, for its owner alone', (t) => {
  const config = join(folder(t), 'authproxy.cfg')
  writeFileSync(config, '[main]\n', {mode: 0o600})
  const keyFile = join(config, '../authproxy.key')
  const first = createProtector(config, edge())
  const sealed = first.protect(new Secret('test-secret-not-real'))
  assert.equal(statSync(keyFile).mode & 0o777, 0o600)
  const before = readFileSync(keyFile)
  const second = createProtector(config, edge({randomBytes: (size) => Buffer.alloc(size, 9)}))
  second.protect(new Secret('another'))
  assert.deepEqual(readFileSync(keyFile), before)
  const opened = second.unprotect(sealed)
  assert.ok(opened.ok && opened.secret.reveal() === 'test-secret-not-real')
  chmodSync(keyFile, 0o644)
  assert.throws(
    () => second.protect(new Secret('x')),
    (error) => error instanceof Fault && error.code === 'secret-unavailable',
  )
  assert.equal(second.unprotect(sealed).ok, false)
})

test('a group that may read the configuration may read the key', (t) => {
  const config = join(folder(t), 'authproxy.cfg')
  writeFileSync(config, '[main]\n')
  chmodSync(config, 0o640)
  createProtector(config, edge()).protect(new Secret('x'))
  assert.equal(statSync(join(config, '../authproxy.key')).mode & 0o777, 0o640)
})

const layout = `; comment with secret=1
[radius_client]
  secret  :  test#secret;not-real  \r
host = 192.0.2.20
port=1812

[radius_server_challenge]\r
skey=testtesttesttesttesttesttesttesttesttest
# radius_secret_1=old
RADIUS_SECRET_1 = test-secret-not-real
radius_secret_2=env:FROM_THE_ENVIRONMENT
radius_secret_3=
radius_secret_4=one
 two
radius_secret_protected_5=ap1.x
failmode=secure
\tradius_secret_6=three
radius_secret7=four
[nonsense]
secret=untouched`

test('protecting a text changes secrets in clear and their keys, and nothing else', () => {
  const {text, keys, skipped} = protectText(layout, 'linux', (secret) => `<${secret.reveal().length}>`)
  assert.equal(
    text,
    layout
      .replace('secret  :  test#secret;not-real', 'secret_protected  :  <20>')
      .replace('skey=testtesttesttesttesttesttesttesttesttest', 'skey_protected=<40>')
      .replace('RADIUS_SECRET_1 = test-secret-not-real', 'radius_secret_protected_1 = <20>'),
  )
  assert.deepEqual(
    keys.map(({key: name, line}) => [name, line]),
    [
      ['secret', 3],
      ['skey', 8],
      ['radius_secret_1', 10],
    ],
  )
  assert.deepEqual(
    skipped.map(({line, why}) => [line, why]),
    [
      [11, 'it is a reference'],
      [12, 'it is empty'],
      [13, 'it goes over several lines'],
      [17, 'it is indented, and so part of the value above it'],
      [18, 'it is misspelled'],
    ],
  )
})

test('a protected file gives the same configuration', () => {
  const sealed = protectText(rightFile, 'linux', (secret) => `sealed:${secret.reveal()}`)
  assert.equal(sealed.keys.length, 4)
  const [plain, opened] = [loadText(rightFile), loadText(sealed.text)].map(({config}) => {
    assert.ok(config)
    const secrets = config.sections.flatMap((section) =>
      section.kind === 'radius_server_challenge'
        ? [section.options.skey, ...section.options.radius_ip.map((entry) => entry.secret)].map((secret) =>
            secret.reveal(),
          )
        : [],
    )
    return {secrets, key: config.main.state_key?.reveal()}
  })
  assert.deepEqual(opened, plain)
})

test('a file is replaced whole, through its link, with its mode; the backup is for its owner alone', (t) => {
  const directory = folder(t)
  const target = join(directory, 'real.cfg')
  const link = join(directory, 'authproxy.cfg')
  writeFileSync(target, `\ufeff${rightFile.replaceAll('\n', '\r\n')}`)
  chmodSync(target, 0o640)
  symlinkSync(target, link)
  const protector = createProtector(link, edge())
  const protection = protectFile(link, 'linux', readLocalFile, protector)
  const before = readFileSync(target)
  const backup = protection.write()
  assert.equal(backup, `${target}.bak`)
  assert.deepEqual(readFileSync(backup), before)
  assert.equal(statSync(backup).mode & 0o777, 0o600)
  assert.equal(statSync(target).mode & 0o777, 0o640)
  const after = readFileSync(link, 'utf8')
  assert.ok(after.startsWith('\ufeff[main]\r\nstate_key_protected=ap1.'))
  assert.ok(!after.includes('not-real') && !/[^\r]\n/.test(after))
  assert.equal(protectFile(link, 'linux', readLocalFile, protector).keys.length, 0)
})

test('a backup is never replaced: the one of an earlier run has the secrets in clear that are nowhere else', (t) => {
  const target = join(folder(t), 'authproxy.cfg')
  const protector = createProtector(target, edge())
  writeFileSync(target, rightFile)
  const first = protectFile(target, 'linux', readLocalFile, protector).write()
  const grown = `${readFileSync(target, 'utf8')}\n[radius_client]\nhost=192.0.2.9\nsecret=another-not-real\n`
  writeFileSync(target, grown)
  const second = protectFile(target, 'linux', readLocalFile, protector).write()
  assert.deepEqual([first, second], [`${target}.bak`, `${target}.bak.1`])
  assert.equal(readFileSync(first, 'utf8'), rightFile)
  assert.equal(readFileSync(second, 'utf8'), grown)
  assert.equal(statSync(second).mode & 0o777, 0o600)
  for (let n = 2; n < 100; n++) writeFileSync(`${target}.bak.${n}`, '')
  writeFileSync(target, rightFile)
  const protection = protectFile(target, 'linux', readLocalFile, protector)
  assert.throws(
    () => protection.write(),
    (error) => error instanceof Fault && error.code === 'file-unwritable',
  )
  assert.equal(readFileSync(target, 'utf8'), rightFile)
})

test('a file that is not UTF-8 is left alone', (t) => {
  const config = join(folder(t), 'authproxy.cfg')
  writeFileSync(config, Buffer.from('[main]\nstate_key=\xfc\n', 'latin1'))
  assert.throws(
    () => protectFile(config, 'linux', readLocalFile, createProtector(config, edge())),
    (error) => error instanceof Fault && error.code === 'file-unreadable',
  )
})

test('on Windows the secret goes to PowerShell by standard input only', () => {
  const secret = 'test-secret-not-real'
  const {program, args, input} = dpapiProtect(secret)
  assert.equal(program, 'powershell.exe')
  assert.equal(Buffer.from(input, 'base64').toString('utf8'), secret)
  const script = Buffer.from(args.at(-1) ?? '', 'base64').toString('utf16le')
  assert.match(script, /ProtectedData\]::Protect\(\$octets, \$entropy, "LocalMachine"\)/)
  assert.ok(!args.join(' ').includes(secret) && !script.includes(input))
  assert.match(Buffer.from(dpapiUnprotect('AAAA').args.at(-1) ?? '', 'base64').toString('utf16le'), /::Unprotect\(/)
})

test('on Windows values go through DPAPI, and those of others say what they are', () => {
  const windows = createProtector(
    'C:\\conf\\authproxy.cfg',
    edge({
      platform: 'win32',
      runPowerShell: ({input}) =>
        input === 'broken' ? {ok: false, reason: 'bad data'} : {ok: true, output: `${input}\r\n`},
    }),
  )
  const sealed = windows.protect(new Secret('test-secret-not-real'))
  assert.match(sealed, /^ap1w\./)
  const opened = windows.unprotect(sealed)
  assert.ok(opened.ok && opened.secret.reveal() === 'test-secret-not-real')
  assert.deepEqual(windows.unprotect('ap1w.broken'), {
    ok: false,
    reason: 'it was protected on another machine, or is damaged',
  })
  assert.deepEqual(windows.unprotect(seal(new Secret('x'), key, nonce)), {
    ok: false,
    reason: 'it was protected on another machine',
  })
})
