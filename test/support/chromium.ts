import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** A page in a headless Chromium, spoken to by the DevTools protocol; no package is needed for the little there is to do. */
export type BrowserPage = {
  /** The value of an expression in the page; a promise is waited for. */
  evaluate(expression: string): Promise<unknown>
  /** Waits until the expression is true. */
  until(expression: string): Promise<void>
  close(): Promise<void>
}

export const chromium = 'chromium'

export function hasChromium(): boolean {
  return spawnSync(chromium, ['--version']).error === undefined
}

export async function openPage(url: string): Promise<BrowserPage> {
  const profile = mkdtempSync(join(tmpdir(), 'authproxy-chromium-'))
  const options = [
    '--headless',
    '--disable-gpu',
    '--no-first-run',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
  ]
  // Chromium has no sandbox for root, as in a container.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const browser = spawn(chromium, [...options, ...sandbox, url], {stdio: ['ignore', 'ignore', 'pipe']})
  const exited = once(browser, 'exit')
  const address = await new Promise<string>((resolve, reject) => {
    let said = ''
    browser.once('error', reject)
    browser.once('exit', (code) => reject(new Error(`chromium ended with ${code}: ${said}`)))
    browser.stderr.on('data', (chunk: Buffer) => {
      said += chunk
      const found = /DevTools listening on ws:\/\/([^/]+)\//.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    })
  })
  const socket = new WebSocket(await pageSocket(address, url))
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, {once: true})
    socket.addEventListener('error', reject, {once: true})
  })
  const answers = new Map<
    number,
    (message: {result?: {result?: {value?: unknown}; exceptionDetails?: unknown}}) => void
  >()
  socket.addEventListener('message', ({data}) => {
    const message = JSON.parse(String(data))
    answers.get(message.id)?.(message)
    answers.delete(message.id)
  })
  let asked = 0

  async function evaluate(expression: string): Promise<unknown> {
    const id = ++asked
    const answered = new Promise<Parameters<NonNullable<ReturnType<typeof answers.get>>>[0]>((resolve) =>
      answers.set(id, resolve),
    )
    const params = {expression, awaitPromise: true, returnByValue: true}
    socket.send(JSON.stringify({id, method: 'Runtime.evaluate', params}))
    const {result} = await answered
    if (result?.exceptionDetails !== undefined) throw new Error(JSON.stringify(result.exceptionDetails))
    return result?.result?.value
  }

  return {
    evaluate,
    async until(expression) {
      // The page itself looks again and again; while it loads there may be nothing to look at.
      const holds = `() => { try { return Boolean(${expression}) } catch { return false } }`
      await evaluate(
        `new Promise((resolve) => { const holds = ${holds}; const look = () => holds() ? resolve() : setTimeout(look, 20); look() })`,
      )
    },
    async close() {
      socket.close()
      browser.kill()
      await exited
      rmSync(profile, {recursive: true, force: true, maxRetries: 5})
    },
  }
}

/** The socket of the tab that shows this address; the browser needs a moment to open it. */
async function pageSocket(address: string, url: string): Promise<string> {
  for (;;) {
    const pages: unknown = await (await fetch(`http://${address}/json/list`)).json()
    const page = Array.isArray(pages) ? pages.find((each) => each.type === 'page' && each.url === url) : undefined
    if (page !== undefined) return page.webSocketDebuggerUrl
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
