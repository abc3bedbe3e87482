import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import type {TestContext} from 'node:test'
import {hasPackagesAndRoot, run} from './server-process.ts'

const libraries = `/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`
const tester = '/usr/bin/pamtester'
const module = `${libraries}/security/pam_radius_auth.so`
const SERVICE = 'vpn'

/** Whether pam_radius and a program that logs in with it are installed; see `hasPackages`. */
export function hasPamRadius(t: TestContext): boolean {
  const files = {[tester]: 'pamtester', [module]: 'libpam-radius-auth'}
  return hasPackagesAndRoot(t, files, 'a root folder of its own')
}

export type PamLogin = {readonly isLetIn: boolean; readonly shown: string}

/**
 * A service that asks pam_radius. Services are read from /etc/pam.d and nowhere else, so it lives in a root folder of its
 * own, with a copy of what it needs: the machine's services stay as they are, and no mount is needed.
 */
export class PamRadius {
  readonly #root: string

  private constructor(root: string) {
    this.#root = root
  }

  /** `timeoutS` is that of one try: three for the password, one for an answer. */
  static async make(server: {port: number; secret: string; timeoutS: number}): Promise<PamRadius> {
    const root = mkdtempSync(join(tmpdir(), 'authproxy-pam-'))
    const programs = [tester, module]
    const linked = (await run('ldd', programs)).match(/\/\S+\.so[.\d]*(?= \()/g)
    assert.ok(linked !== null)
    for (const file of new Set([...programs, ...linked])) {
      mkdirSync(join(root, dirname(file)), {recursive: true})
      copyFileSync(file, join(root, file))
    }
    mkdirSync(join(root, 'etc/pam.d'), {recursive: true})
    writeFileSync(join(root, 'etc/server.conf'), `127.0.0.1:${server.port} ${server.secret} ${server.timeoutS}\n`, {
      mode: 0o600,
    })
    const line = `auth required ${module} conf=/etc/server.conf retry=2 client_id=${SERVICE}`
    writeFileSync(join(root, 'etc/pam.d', SERVICE), `${line}\n`)
    return new PamRadius(root)
  }

  /** A login of somebody who types these lines: the password first, then an answer to each question. */
  async login(userName: string, ...typed: readonly string[]): Promise<PamLogin> {
    const child = spawn('chroot', [this.#root, tester, SERVICE, userName, 'authenticate'])
    child.stdin.end(`${typed.join('\n')}\n`)
    let shown = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        shown += chunk.toString('utf8')
      })
    const [code] = await once(child, 'close')
    return {isLetIn: code === 0, shown}
  }

  remove(): void {
    rmSync(this.#root, {recursive: true, force: true})
  }
}
