export type UserNameOptions = {
  /** Searched for a bare name (`username_attribute`). */
  readonly usernameAttribute: string
  /** Searched for a name with one "@" (`at_attribute`). */
  readonly atAttribute: string
}

/** What a typed name searches. `principal` is DOMAIN\user as typed: it picks one of several hits. */
export type UserName =
  | {
      readonly ok: true
      readonly attribute: string
      readonly value: string
      readonly principal: string | undefined
      /** The account as typed, for an NTLM bind when the directory does not name it itself. */
      readonly account: {readonly domain: string; readonly userName: string}
    }
  | {readonly ok: false; readonly detail: string}

/** user, DOMAIN\user or user@domain: which attribute is searched, and for what. */
export function parseUserName(typed: string, options: UserNameOptions): UserName {
  if (typed === '') return {ok: false, detail: 'no user name was sent'}
  if (typed.includes(',')) return {ok: false, detail: 'the user name has a comma'}
  if (/\p{Cc}/u.test(typed)) return {ok: false, detail: 'the user name has a control character'}
  if (count(typed, '@') === 1) {
    const account = {domain: '', userName: typed}
    return {ok: true, attribute: options.atAttribute, value: typed, principal: undefined, account}
  }
  if (count(typed, '\\') === 1) {
    const [domain = '', userName = ''] = typed.split('\\')
    if (userName === '') return {ok: false, detail: 'no user name follows the domain'}
    const account = {domain, userName}
    return {ok: true, attribute: 'sAMAccountName', value: userName, principal: typed, account}
  }
  const account = {domain: '', userName: typed}
  return {ok: true, attribute: options.usernameAttribute, value: typed, principal: undefined, account}
}

function count(text: string, character: string): number {
  return text.split(character).length - 1
}
