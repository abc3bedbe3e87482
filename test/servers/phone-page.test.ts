import assert from 'node:assert/strict'
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {after, before, test} from 'node:test'
import {type BrowserPage, openPage} from '../support/chromium.ts'
import {needsProgram} from '../support/needs-program.ts'
import {runProgram} from '../support/program.ts'
import {type LabDocument, RunningLab} from '../support/running-lab.ts'

const lab = new RunningLab()
let document: LabDocument
let passwordFile = ''
before(async () => {
  document = await lab.stand()
  await lab.serve(document.configFile)
  passwordFile = join(lab.folder, 'password')
  writeFileSync(passwordFile, 'lab-password-not-real')
})
after(() => lab.end())

const login = (user: string, ...answers: string[]) =>
  runProgram([
    ...['simulate', '--config', document.configFile, '--section', 'radius_server_challenge', '--user', user],
    ...['--password-file', passwordFile, ...answers.flatMap((answer) => ['--answer', answer]), '--json'],
  ])

const presses: readonly (readonly [button: string, outcome: string, text: RegExp])[] = [
  ['approve', 'accept', /Success/],
  ['deny', 'reject', /denied/],
  ['fraud', 'reject', /fraudulent/],
]

test('in a real browser the pending push appears, and each button ends the login', async (t) => {
  if (!needsProgram(t, 'chromium', 'chromium')) return
  const page = await openPage(document.phoneUrl)
  try {
    await page.until("document.getElementById('state').textContent === 'Waiting for login requests.'")
    for (const [button, outcome, text] of presses) {
      const ended = login('jdoe', 'push')
      await page.until("document.querySelectorAll('#pushes li').length === 1")
      assert.equal(await page.evaluate("document.querySelector('#pushes h2').textContent"), 'jdoe')
      assert.match(
        String(await page.evaluate("document.querySelector('#pushes .about').textContent")),
        /^push from 198\.51\.100\.7, \d+ s left$/,
      )
      await page.evaluate(`document.querySelector('[data-answer=${button}]').click()`)
      const {outcome: got, rounds} = JSON.parse((await ended).stdout)
      assert.equal(got, outcome)
      assert.match(rounds[1].received.replyMessage, text)
      await page.until("document.querySelectorAll('#pushes li').length === 0")
    }
    await verifiedPush(page)
  } finally {
    await page.close()
  }
})

/** The code of the login must be typed into the phone. */
async function verifiedPush(page: BrowserPage): Promise<void> {
  const ended = login('vera', '1', '')
  await page.until("document.querySelectorAll('#pushes li').length === 1")
  assert.equal(await page.evaluate("document.querySelector('#pushes .code').hidden"), false)
  await page.evaluate(
    "document.querySelector('#pushes input').value = 'x'; document.querySelector('[data-answer=approve]').click()",
  )
  await page.until("document.querySelector('#pushes .problem').textContent.includes('not the code')")
  await page.evaluate("document.querySelector('[data-answer=deny]').click()")
  assert.equal(JSON.parse((await ended).stdout).outcome, 'reject')
}
