import assert from 'node:assert/strict'
import {X509Certificate} from 'node:crypto'
import {test} from 'node:test'
import type {FileRead} from '../../src/core/config/context.ts'
import {readCertificates} from '../../src/core/service/certificates.ts'
import {createCertificateAuthority} from '../../src/core/simulate/certificates.ts'
import {checkedConfig, noFile, serverSection} from '../support/checked-config.ts'

test('the first certificate of a file that ends is the one that counts', () => {
  const pem = createCertificateAuthority().cert.trim()
  const end = new X509Certificate(pem).validToDate.getTime()
  const files: {readonly [path: string]: string} = {
    '/etc/authproxy/ca.pem': `text before\n${pem}\n-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n`,
  }
  const readFile = (path: string): FileRead => {
    const text = files[path]
    return text === undefined
      ? {ok: false, reason: 'does not exist'}
      : {ok: true, octets: Buffer.from(text), mode: 0o600}
  }
  const config = checkedConfig(
    `[main]\nhttp_ca_certs_file=ca.pem\n[duo_only_client]\n${serverSection('radius_server_challenge')}`,
    readFile,
  )
  const certificates = readCertificates(config, readFile)
  assert.deepEqual([...certificates.daysLeft(end - 86_400_000 * 3)], [['/etc/authproxy/ca.pem', 3]])
  assert.deepEqual([...certificates.daysLeft(end + 86_400_000)], [['/etc/authproxy/ca.pem', -1]])
  assert.deepEqual([...readCertificates(config, noFile).daysLeft(0)], [])
})
