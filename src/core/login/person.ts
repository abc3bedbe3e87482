/**
 * Who a user name stands for, as Duo and directories see it: JDoe, CORP\jdoe and jdoe@corp.example are one person.
 * For guards and the one pending push a person, which a change of spelling must not get around; never for a decision
 * about who somebody is.
 */
export function personOf(userName: string): string {
  // Looking is five times as quick as folding what has nothing to fold.
  const folded = (isAscii(userName) ? userName : userName.normalize('NFKC')).toLowerCase()
  const account = folded.slice(folded.lastIndexOf('\\') + 1)
  const at = account.indexOf('@')
  return (at > 0 ? account.slice(0, at) : account).trim() || folded
}

function isAscii(text: string): boolean {
  return /^[\x21-\x7e]*$/.test(text)
}
