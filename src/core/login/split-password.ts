/** How a factor or passcode may be typed behind the password. */
export type Concatenation = {
  /** What stands between the two; the last one in the text counts. Empty: nothing is split by it. */
  readonly delimiter: string
  /** So many characters are the password, whatever is in them; 0 turns it off. */
  readonly passwordLength: number
}

export type SplitPassword = {readonly password: string; readonly factor: string}

/** The two parts of what was typed, either of which may be empty; undefined when there is nothing to split at. */
export function splitPassword(typed: string, {delimiter, passwordLength}: Concatenation): SplitPassword | undefined {
  if (passwordLength > 0) return splitAtLength(typed, passwordLength, delimiter)
  const at = delimiter === '' ? -1 : typed.lastIndexOf(delimiter)
  return at < 0 ? undefined : {password: typed.slice(0, at), factor: typed.slice(at + delimiter.length)}
}

/** Characters are counted as the original counts them: code points. One delimiter between the parts is dropped. */
function splitAtLength(typed: string, length: number, delimiter: string): SplitPassword | undefined {
  const characters = Array.from(typed)
  if (characters.length <= length) return undefined
  const rest = characters.slice(length).join('')
  const factor = delimiter !== '' && rest.startsWith(delimiter) ? rest.slice(delimiter.length) : rest
  return {password: characters.slice(0, length).join(''), factor}
}
