import assert from 'node:assert/strict'
import {test} from 'node:test'
import {inspect} from 'node:util'
import type {Loaded} from '../../src/core/config/load.ts'
import {loadConfig, loadConfigText} from '../../src/core/config/load.ts'
import type {Config, SectionKind, SectionOf} from '../../src/core/config/schema.ts'
import {Fault} from '../../src/core/fault.ts'
import {codesOf, loadText, rightFile, testContext} from './support/context.ts'

const keys = `ikey=DIXXXXXXXXXXXXXXXXXX
skey=testtesttesttesttesttesttesttesttesttest
api_host=api-xxxxxxxx.duosecurity.com
`

function configOf(loaded: Loaded): Config {
  assert.ok(loaded.config, loaded.diagnostics.map((d) => `${d.line} ${d.code} ${d.message}`).join('\n'))
  return loaded.config
}

function sectionOf<Kind extends SectionKind>(config: Config, kind: Kind, name: string = kind): SectionOf<Kind> {
  const found = config.sections.find((section): section is SectionOf<Kind> & Config['sections'][number] => {
    return section.kind === kind && section.name === name
  })
  assert.ok(found, `no section ${name}`)
  return found
}

test('a right file gives its options with types, defaults and the line of each section', () => {
  const config = configOf(loadText(rightFile))
  const server = sectionOf(config, 'radius_server_challenge')
  assert.equal(server.line, 8)
  assert.equal(server.options.client, 'ad_client')
  assert.equal(server.options.failmode, 'secure')
  assert.equal(server.options.port, 1812)
  assert.equal(server.options.client_ip_attr, undefined)
  assert.deepEqual(server.options.exempt_username, [])
  assert.equal(server.options.skey.reveal(), 'testtesttesttesttesttesttesttesttesttest')
  const [entry] = server.options.radius_ip
  assert.equal(entry?.number, 1)
  assert.equal(entry?.network.text, '192.0.2.1')
  assert.equal(entry?.secret.reveal(), 'test-secret-not-real-1')
  const directory = sectionOf(config, 'ad_client')
  assert.deepEqual(directory.options.host, ['dc1.example.com'])
  assert.equal(directory.options.port, 389)
  assert.equal(directory.options.auth_type, 'ntlm2')
  assert.equal(config.main.log_dir, undefined)
  assert.equal(config.main.log_file, true)
})

test('no secret of a file is printed by any usual means', () => {
  const loaded = loadText(rightFile)
  const printed = `${inspect(loaded, {depth: 20, showHidden: true})} ${JSON.stringify(loaded, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}`
  for (const secret of ['test-secret-not-real', 'testtest', 'test-state-key']) assert.ok(!printed.includes(secret))
})

test('keys are lower-cased, values are not; the separator is = or :', () => {
  const config = configOf(loadText(rightFile.replace('host=dc1.example.com', 'HOST : DC1.example.com')))
  assert.deepEqual(sectionOf(config, 'ad_client').options.host, ['DC1.example.com'])
})

test('booleans are true, false or whole numbers; integers are those of Python', () => {
  for (const [text, value] of [
    ['True', true],
    ['0', false],
    ['2', true],
    ['-1', true],
  ] as const) {
    assert.equal(configOf(loadText(rightFile.replace('[main]', `[main]\ndebug=${text}`))).main.debug, value)
  }
  const config = configOf(loadText(rightFile.replace('[main]', '[main]\nlog_max_size=+1_000_000')))
  assert.equal(config.main.log_max_size, 1_000_000)
})

test('enumerations are compared in lower case', () => {
  const config = configOf(loadText(rightFile.replace('failmode=secure', 'failmode=SECURE\nprompt_format=Short')))
  assert.equal(sectionOf(config, 'radius_server_challenge').options.prompt_format, 'short')
  assert.equal(
    configOf(loadText(rightFile.replace('[main]', '[main]\nlog_syslog=1\nsyslog_facility=log_local3'))).main
      .syslog_facility,
    'LOG_LOCAL3',
  )
})

test('hosts of ad_client are sorted by number, gaps allowed; those of radius_client end at the first gap', () => {
  const directory = rightFile.replace('host=dc1.example.com', 'host_10=dc10.example.com\nhost_2=dc2.example.com')
  assert.deepEqual(sectionOf(configOf(loadText(directory)), 'ad_client').options.host, [
    'dc2.example.com',
    'dc10.example.com',
  ])
  const radius = `[radius_client]\nhost_1=192.0.2.20\nhost_2=192.0.2.21\nport_2=1645\nhost_4=192.0.2.23\nsecret=test-secret-not-real\n${rightFile.slice(rightFile.indexOf('[radius_server'))}`
  const loaded = loadText(radius)
  assert.deepEqual(codesOf(loaded), ['C111'])
  const {host, port} = sectionOf(configOf(loaded), 'radius_client').options
  assert.deepEqual(host, ['192.0.2.20', '192.0.2.21'])
  assert.deepEqual(port, [1812, 1645])
})

test('radius_ip and radius_secret pair by number, in the order of the numbers', () => {
  const config = configOf(
    loadText(
      `${rightFile}radius_ip_30=10.0.0.0/8\nradius_secret_protected_30=sealed:test-secret-not-real-30\nradius_secret_7=test-secret-not-real-7\nradius_ip_7=2001:db8::/32\n`,
    ),
  )
  const entries = sectionOf(config, 'radius_server_challenge').options.radius_ip
  assert.deepEqual(
    entries.map(({number, network, secret}) => [number, network.text, secret.reveal()]),
    [
      [1, '192.0.2.1', 'test-secret-not-real-1'],
      [7, '2001:db8::/32', 'test-secret-not-real-7'],
      [30, '10.0.0.0/8', 'test-secret-not-real-30'],
    ],
  )
})

test('exempt users and aliases', () => {
  const config = configOf(loadText(`${rightFile}exempt_username_1=svc-a\nexempt_username_2=svc-b\n`))
  assert.deepEqual(sectionOf(config, 'radius_server_challenge').options.exempt_username, ['svc-a', 'svc-b'])
  const auto = configOf(
    loadText(
      `${rightFile}[radius_server_auto]\n${keys}radius_ip_1=192.0.2.9\nradius_secret_1=test-secret-not-real-9\nconcat_mode=false\nfactors=push,passcode\nfailmode=secure\n`,
    ),
  )
  const {allow_concat, factors} = sectionOf(auto, 'radius_server_auto').options
  assert.deepEqual([allow_concat, factors], [false, ['push', 'passcode']])
})

test('[main] hands its values down, and the own value of a section wins', () => {
  const file = rightFile
    .replace(
      '[main]',
      '[main]\ndebug=true\ninterface=192.0.2.10\nhttp_proxy_host=proxy.example.com\nhttp_proxy_port=3128',
    )
    .replace('failmode=secure', 'failmode=secure\ndebug=false')
  const config = configOf(loadText(file))
  const {options} = sectionOf(config, 'radius_server_challenge')
  assert.deepEqual(
    [options.debug, options.interface, options.http_proxy_host, options.http_proxy_port],
    [false, '192.0.2.10', 'proxy.example.com', 3128],
  )
  assert.equal(sectionOf(config, 'ad_client').options.debug, true)
})

test('a section with an HTTP proxy of its own takes no port or password of the one in [main]', () => {
  const file = rightFile
    .replace(
      '[main]',
      '[main]\nhttp_proxy_host=a.example.com\nhttp_proxy_port=3128\nhttp_proxy_username=u\nhttp_proxy_password=test-secret-not-real-p',
    )
    .replace('failmode=secure', 'failmode=secure\nhttp_proxy_host=b.example.com')
  const {options} = sectionOf(configOf(loadText(file)), 'radius_server_challenge')
  assert.deepEqual(
    [options.http_proxy_host, options.http_proxy_port, options.http_proxy_username],
    ['b.example.com', 80, undefined],
  )
})

const twoClients = rightFile.replace('[radius_server_challenge]', '[duo_only_client]\n[radius_server_challenge]')

test('which client checks the passwords of a server', () => {
  const clientOf = (text: string) => sectionOf(configOf(loadText(text)), 'radius_server_challenge').options.client
  assert.equal(clientOf(rightFile), 'ad_client', 'the only one')
  assert.deepEqual(codesOf(loadText(twoClients)), ['C309'])
  assert.equal(clientOf(`${twoClients}client=duo_only_client\n`), 'duo_only_client', 'its own')
  const inMain = twoClients.replace('[main]', '[main]\nclient=duo_only_client')
  assert.equal(clientOf(inMain), 'duo_only_client', 'that of [main]')
  assert.equal(clientOf(`${inMain}client=ad_client\n`), 'ad_client', 'its own before that of [main]')
  const pair = inMain.replace('[main]', '[main]\nserver=radius_server_challenge')
  assert.equal(clientOf(`${pair}client=ad_client\n`), 'duo_only_client', 'server and client of [main] before its own')
  assert.deepEqual(
    codesOf(loadText(inMain.replace('[main]', '[main]\nserver=radius_server_challenge9'))).includes('C307'),
    true,
  )
})

test('ldap_server_auto takes the only ad_client', () => {
  const file = `${twoClients}client=duo_only_client\n[ldap_server_auto]\n${keys}failmode=secure\n`
  assert.equal(sectionOf(configOf(loadText(file)), 'ldap_server_auto').options.client, 'ad_client')
})

test('secrets come from the environment and from files, in the exact forms only', () => {
  const skey = 'testtesttesttesttesttesttesttesttesttest'
  const context = {
    env: {SKEY: skey, EMPTY: ''},
    readFile: (path: string) =>
      path === '/run/secrets/radius'
        ? ({ok: true, octets: Buffer.from('test-secret-from-a-file\r\n'), mode: 0o600} as const)
        : ({ok: false, reason: 'does not exist'} as const),
  }
  const file = rightFile
    .replace(`skey=${skey}`, 'skey=env:SKEY')
    .replace('test-secret-not-real-1', 'file:/run/secrets/radius')
  const {options} = sectionOf(configOf(loadText(file, context)), 'radius_server_challenge')
  assert.equal(options.skey.reveal(), skey)
  assert.equal(options.radius_ip[0]?.secret.reveal(), 'test-secret-from-a-file')
  for (const reference of ['env:MISSING', 'env:EMPTY', 'file:/no/such/file']) {
    const loaded = loadText(file.replace('file:/run/secrets/radius', reference), context)
    assert.deepEqual(codesOf(loaded), ['C225'], reference)
    assert.ok(
      loaded.diagnostics.some((d) => d.message.includes(reference) && d.hint.includes('if this is the secret itself')),
    )
  }
  for (const literal of ['env:lower-case-name', 'file:relative-path-name', 'ENV:SKEY-and-so-on', 'environment:SKEY']) {
    const config = configOf(loadText(file.replace('file:/run/secrets/radius', literal), context))
    assert.equal(sectionOf(config, 'radius_server_challenge').options.radius_ip[0]?.secret.reveal(), literal)
  }
})

test('an editor follows no reference, opens nothing, and gets no configuration', () => {
  const file = rightFile
    .replace('skey=testtesttesttesttesttesttesttesttesttest', 'skey=env:SKEY')
    .replace('radius_secret_1=', 'radius_secret_protected_1=')
    .replace('[ad_client]', '[ad_client]\ntransport=ldaps\nssl_ca_certs_file=no-such-file.crt')
  const refuse = () => assert.fail('an editor must not look elsewhere')
  const loaded = loadText(file, {resolve: false, readFile: refuse, unprotect: refuse})
  assert.deepEqual(codesOf(loaded), [])
  assert.equal(loaded.config, undefined)
})

test('paths are absolute: from the folder of the file, log_dir from the folder above conf', () => {
  const file = rightFile.replace('[main]', '[main]\nhttp_ca_certs_file=sub/ca.pem\nlog_dir=log')
  const linux = configOf(loadText(file))
  assert.equal(linux.main.http_ca_certs_file, '/opt/authproxy/conf/sub/ca.pem')
  const octets = Buffer.from(file)
  const windows = configOf(
    loadConfigText(octets, 'C:\\authproxy\\conf\\authproxy.cfg', testContext({platform: 'win32'})),
  )
  assert.equal(windows.main.log_dir, 'C:\\authproxy\\log')
  const elsewhere = configOf(loadConfigText(octets, '/etc/authproxy.cfg', testContext()))
  assert.equal(elsewhere.main.log_dir, '/etc/log')
})

test('[DEFAULT] fills in what a section does not say, in sections that know the option', () => {
  const config = configOf(
    loadText(`[DEFAULT]\nfailmode=ignore\nport=1645\n${rightFile.replace('failmode=secure\n', '')}`),
  )
  const {failmode, port} = sectionOf(config, 'radius_server_challenge').options
  assert.deepEqual([failmode, port], ['ignore', 1645])
})

test('a file that is not there is a fault, and says where the other ways are', () => {
  assert.throws(
    () => loadConfig('/no/authproxy.cfg', testContext()),
    (error) => error instanceof Fault && error.code === 'config-unreadable' && /does not exist/.test(error.message),
  )
})

test('a file of more than 4 MB is refused before it is read', () => {
  const loaded = loadConfigText(Buffer.alloc(4 * 1024 * 1024 + 1, 0x20), '/a.cfg', testContext())
  assert.deepEqual(codesOf(loaded), ['C007'])
})
