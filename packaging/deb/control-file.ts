/** What the fields of DEBIAN/control say of this package. */
export function controlFile(facts: {
  readonly version: string
  readonly architecture: string
  readonly nodeVersion: string
  readonly installedKiB: number
}): string {
  const {version, architecture, nodeVersion, installedKiB} = facts
  return `Package: authproxy
Version: ${version}-1
Architecture: ${architecture}
Maintainer: authproxy maintainers <maintainers@authproxy.invalid>
Installed-Size: ${installedKiB}
Section: net
Priority: optional
Depends: adduser, init-system-helpers, libatomic1, libc6 (>= 2.28), libgcc-s1, libstdc++6, util-linux
Recommends: ca-certificates, systemd
Description: multi-factor RADIUS proxy
 Takes logins of VPN gateways over RADIUS, checks the password with Active
 Directory, another LDAP directory or a RADIUS server, asks Duo for the second
 factor, and answers. Reads the authproxy.cfg of Duo's own proxy.
 .
 Brings its own Node.js runtime, version ${nodeVersion}.
`
}

/** Debian's name for what Node calls the processor. */
export function debianArchitecture(arch: string): string {
  const names: {readonly [arch: string]: string} = {x64: 'amd64', arm64: 'arm64', ppc64: 'ppc64el', s390x: 's390x'}
  const name = names[arch]
  if (name === undefined) throw new Error(`no Debian architecture is known for ${arch}`)
  return name
}
