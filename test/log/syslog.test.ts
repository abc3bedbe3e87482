import assert from 'node:assert/strict'
import {createSocket} from 'node:dgram'
import {once} from 'node:events'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {type AddressInfo, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {test} from 'node:test'
import {parseSyslogTarget, rfc5424, syslogPriority} from '../../src/core/log/syslog.ts'
import {loggerTarget} from '../../src/core/log/syslog-logger.ts'
import {networkSyslogTarget} from '../../src/core/log/syslog-network.ts'
import {realWorld} from '../../src/core/world.ts'

test('a target is a scheme, a host and perhaps a port', () => {
  const read = (text: string) => {
    const result = parseSyslogTarget(text)
    return result.ok ? `${result.target.transport} ${result.target.host} ${result.target.port}` : result.reason
  }
  assert.equal(read('udp://loghost'), 'udp loghost 514')
  assert.equal(read('tcp://192.0.2.3:1514'), 'tcp 192.0.2.3 1514')
  assert.equal(read('tls://[2001:db8::1]/'), 'tls 2001:db8::1 6514')
  for (const bad of ['', 'loghost', 'http://loghost', 'udp://', 'udp://a b', 'tcp://user:pw@host', 'udp://h:x']) {
    assert.match(read(bad), /^want udp:/, bad)
  }
  assert.match(read('udp://h:70000'), /no port number/)
})

test('a message follows RFC 5424', () => {
  assert.equal(syslogPriority('LOG_LOCAL7', 'error'), 187)
  assert.equal(
    rfc5424({
      priority: 14,
      timeMs: Date.UTC(2026, 0, 5, 9, 0, 0, 5),
      hostname: 'my host',
      processId: 7,
      messageId: 'proxy.ready',
      text: 'grüß',
    }),
    '<14>1 2026-01-05T09:00:00.005Z my_host Authproxy 7 proxy.ready - \uFEFFgrüß',
  )
})

test('over UDP each line is a datagram', async () => {
  const collector = createSocket('udp4')
  collector.bind(0, '127.0.0.1')
  await once(collector, 'listening')
  const {port} = collector.address()
  const got: string[] = []
  const both = new Promise<void>((resolve) => {
    collector.on('message', (octets) => {
      got.push(octets.toString('utf8'))
      if (got.length === 2) resolve()
    })
  })
  const target = networkSyslogTarget(realWorld, {
    transport: 'udp',
    host: '127.0.0.1',
    port,
    certificateAuthorities: undefined,
  })
  assert.deepEqual(await target.write(['<14>one', '<14>two']), {ok: true})
  await both
  assert.deepEqual(got.sort(), ['<14>one', '<14>two'])
  await target.close()
  collector.close()
})

test('over TCP each line has its length in octets before it; a collector that is away is a reason', async () => {
  const got: Buffer[] = []
  const collector = createServer((socket) =>
    socket.on('data', (octets: Buffer) => got.push(octets)).on('end', () => socket.end()),
  )
  collector.listen(0, '127.0.0.1')
  await once(collector, 'listening')
  const {port}: AddressInfo = addressOf(collector.address())
  const options = {transport: 'tcp', host: '127.0.0.1', port, certificateAuthorities: undefined} as const
  const target = networkSyslogTarget(realWorld, options)
  assert.deepEqual(await target.write(['<14>öne', '<14>two']), {ok: true})
  await target.close()
  assert.equal(Buffer.concat(got).toString('utf8'), '8 <14>öne7 <14>two')
  await new Promise((resolve) => collector.close(resolve))
  const gone = await networkSyslogTarget(realWorld, options).write(['<14>one'])
  assert.ok(!gone.ok && /ECONNREFUSED/.test(gone.problem))
})

test('logger gets every line with its priority, and says why it cannot', async (t) => {
  const path = await mkdtemp(join(tmpdir(), 'authproxy-logger-'))
  t.after(() => rm(path, {recursive: true, force: true}))
  const out = join(path, 'out')
  const target = loggerTarget({
    facility: 'LOG_LOCAL3',
    processId: 77,
    command: ['/bin/sh', '-c', `echo "$0 $@" > ${out}; cat >> ${out}`],
  })
  assert.deepEqual(await target.write(['<157>one', '<157>two']), {ok: true})
  await target.close()
  assert.equal(
    await readFile(out, 'utf8'),
    '--tag Authproxy --id=77 --size 16384 --prio-prefix --priority local3.info\n<157>one\n<157>two\n',
  )
  const missing = await loggerTarget({facility: 'LOG_USER', processId: 1, command: ['/nowhere/logger']}).write(['x'])
  assert.ok(!missing.ok && /ENOENT/.test(missing.problem))
})

function addressOf(address: AddressInfo | string | null): AddressInfo {
  assert.ok(address !== null && typeof address === 'object')
  return address
}
