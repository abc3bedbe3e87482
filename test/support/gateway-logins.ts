import assert from 'node:assert/strict'
import {password, type ServedProxy} from './serve-process.ts'

/** One try at a gateway that is somebody else's program: what its user was shown, and whether it let in. */
export type GatewayLogin = (
  userName: string,
  password: string,
  answer: string,
) => Promise<{readonly isLetIn: boolean; readonly shown: string}>

const phones = [{number: '+15555551234'}]

/** Who the proxy must know for `logInEveryWay`. */
export const gatewayUsers = [
  {userName: 'approves', phones, answer: 'approve' as const},
  {userName: 'denies', phones, answer: 'deny' as const},
  {userName: 'types', phones, passcodes: ['123456']},
]

/** Push, deny, passcode, a wrong passcode and a wrong password: who gets in, and how many phones ring. */
export async function logInEveryWay(proxy: ServedProxy, logIn: GatewayLogin, about = () => ''): Promise<void> {
  const approved = await logIn('approves', password, '1')
  assert.ok(approved.isLetIn, `${approved.shown}\n${about()}`)
  assert.match(approved.shown, /1\. Duo Push to XXX-XXX-1234/)
  assert.deepEqual(
    proxy.cloud.pushes.map(({userName, outcome}) => [userName, outcome]),
    [['approves', 'allow']],
  )

  const denied = await logIn('denies', password, 'push')
  assert.ok(!denied.isLetIn, denied.shown)
  assert.equal(proxy.cloud.pushesStarted, 2)

  const typed = await logIn('types', password, '123456')
  assert.ok(typed.isLetIn, typed.shown)
  const mistyped = await logIn('types', password, '654321')
  assert.ok(!mistyped.isLetIn, mistyped.shown)
  const wrong = await logIn('approves', 'wrong-not-real', '1')
  assert.ok(!wrong.isLetIn, wrong.shown)
  assert.equal(proxy.cloud.pushesStarted, 2)
}
