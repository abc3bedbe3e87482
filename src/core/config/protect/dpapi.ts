/**
 * What Windows PowerShell is asked to do. The text comes and goes in base64 on standard input and output, never as an
 * argument, where other users could see it. Scope LocalMachine: the service runs as another user than the administrator.
 */
export type DpapiRequest = {readonly program: string; readonly args: readonly string[]; readonly input: string}

const ENTROPY = 'authproxy protect 1'

export function dpapiProtect(plain: string): DpapiRequest {
  return request('Protect', Buffer.from(plain, 'utf8').toString('base64'))
}

export function dpapiUnprotect(base64: string): DpapiRequest {
  return request('Unprotect', base64)
}

function request(method: 'Protect' | 'Unprotect', input: string): DpapiRequest {
  const script = [
    '$ErrorActionPreference = "Stop"',
    'Add-Type -AssemblyName System.Security',
    '$octets = [Convert]::FromBase64String([Console]::In.ReadToEnd().Trim())',
    `$entropy = [Text.Encoding]::UTF8.GetBytes("${ENTROPY}")`,
    `$result = [Security.Cryptography.ProtectedData]::${method}($octets, $entropy, "LocalMachine")`,
    '[Console]::Out.Write([Convert]::ToBase64String($result))',
  ].join('\n')
  // UTF-16 in base64 is how -EncodedCommand takes a script, without any quoting.
  const encoded = Buffer.from(script, 'utf16le').toString('base64')
  return {
    program: 'powershell.exe',
    args: ['-NoLogo', '-NoProfile', '-NonInteractive', '-EncodedCommand', encoded],
    input,
  }
}
