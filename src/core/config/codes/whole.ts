import {error, info, warning} from './code.ts'

/** Sections together: what does not fit, is weak, or is read differently elsewhere. */
export const wholeCodes = {
  nothingToServe: error<{unserved: readonly string[]}>('C301', 'nothing to serve', {
    doc: 'The file has no server section that this release can run, like [radius_server_challenge].',
    message: (f) =>
      f.unserved.length === 0
        ? 'there is no server section'
        : `nothing runs: ${f.unserved.map((name) => `[${name}]`).join(', ')} is not served in this release`,
    hint: 'add a [radius_server_challenge] section',
  }),
  sameNetworkTwice: error<{network: string; other: string; otherLine: number}>('C302', 'same RADIUS client twice', {
    doc: 'Two entries of the same port name the same address, block or range, so nobody can say which secret and which section its requests belong to.',
    message: (f) => `${f.network} is the same as ${f.other} in line ${f.otherLine}, on the same port`,
    hint: 'remove one of the two, or give one section another port',
  }),
  nestedNetwork: info<{network: string; other: string; otherLine: number}>('C303', 'RADIUS clients overlap', {
    doc: 'One entry lies inside another one on the same port. That is allowed: the smallest one that holds the address of the NAS counts.',
    message: (f) => `${f.network} lies inside ${f.other} in line ${f.otherLine}, and counts for its addresses`,
    hint: 'the smallest one that holds an address counts',
  }),
  overlappingNetwork: warning<{network: string; other: string; otherLine: number}>(
    'C304',
    'RADIUS clients overlap in part',
    {
      doc: 'Two entries on the same port share some addresses, and neither lies inside the other. The smaller one counts for the addresses they share, which is seldom what was meant.',
      message: (f) => `${f.network} shares some addresses with ${f.other} in line ${f.otherLine}`,
      hint: 'make them disjoint',
    },
  ),
  openToEverybody: warning<{network: string}>('C305', 'every address may ask', {
    doc: 'The entry accepts requests from any address. Only the shared secret is left to protect the server.',
    message: (f) => `${f.network} lets every address ask`,
    hint: 'name the addresses of your NASes',
  }),
  portClash: error<{port: number; protocol: string; other: string; otherLine: number}>('C306', 'port taken twice', {
    doc: 'Two sections want the same port in a way that cannot work: one of them will not start.',
    message: (f) => `${f.protocol} port ${f.port} is taken by [${f.other}] in line ${f.otherLine}`,
    hint: 'give one of them another port or interface',
  }),
  unknownClient: error<{name: string; suggestion: string | undefined}>('C307', 'unknown section named', {
    doc: 'The option names a section which is not in the file.',
    message: (f) => `there is no section [${f.name}]`,
    hint: (f) =>
      f.suggestion === undefined ? 'add that section, or name another one' : `did you mean ${f.suggestion}?`,
  }),
  noClient: error<{server: string}>('C308', 'no client section', {
    doc: 'A server section needs a section that checks passwords: [ad_client], [radius_client] or [duo_only_client].',
    message: (f) => `[${f.server}] has nothing that checks passwords`,
    hint: 'add an [ad_client], [radius_client] or [duo_only_client] section',
  }),
  ambiguousClient: error<{server: string; clients: readonly string[]}>('C309', 'client not clear', {
    doc: 'The file has several client sections, and the server section does not say which one checks its passwords.',
    message: (f) => `[${f.server}] does not say which of ${f.clients.join(', ')} checks its passwords`,
    hint: (f) => `add client=${f.clients[0] ?? 'ad_client'}`,
  }),
  wrongClientKind: error<{name: string; wanted: string}>('C310', 'section of the wrong kind', {
    doc: 'The option names a section that cannot do this work.',
    message: (f) => `[${f.name}] is not ${f.wanted}`,
    hint: (f) => `name ${f.wanted}`,
  }),
  unusedClient: info<{name: string}>('C311', 'client section not used', {
    doc: 'No server section uses this client section.',
    message: (f) => `no server section uses [${f.name}]`,
    hint: 'name it in the client option of a server section, or remove it',
  }),
  missingCaFile: error<{section: string}>('C312', 'CA file not named', {
    doc: 'With starttls or ldaps the certificate of the directory is checked, so the authorities that may have signed it must be named in ssl_ca_certs_file.',
    message: (f) => `[${f.section}] needs ssl_ca_certs_file to check the certificate of the directory`,
    hint: 'name the PEM file of the authority that signed it',
  }),
  unreadableFile: error<{key: string; path: string; reason: string}>('C313', 'file cannot be read', {
    doc: 'The file that the option names is missing, cannot be read, or holds no certificate.',
    message: (f) => `${f.key}: ${f.path} ${f.reason}`,
    hint: 'check the path (relative ones start at the folder of the configuration file) and who may read it',
  }),
  addressWithTls: warning<{host: string}>('C314', 'certificate checked for an address', {
    doc: 'The certificate of a directory is checked against the name in host. Few certificates hold an address, and the original refuses one here.',
    message: (f) => `the certificate will be checked for the address ${f.host}`,
    hint: 'write the name that the certificate holds',
  }),
  noVerification: warning<{section: string}>('C315', 'certificate not checked', {
    doc: 'Neither the name nor the signature of the certificate is checked: anybody on the path can pose as the directory and read passwords.',
    message: (f) => `[${f.section}] takes any certificate, so anybody on the path can read passwords`,
    hint: 'name ssl_ca_certs_file, and remove ssl_verify_hostname=false',
  }),
  plainOverClear: warning<{section: string}>('C316', 'passwords in clear', {
    doc: 'With auth_type=plain and transport=clear the passwords cross the network readable.',
    message: (f) => `[${f.section}] sends passwords over the network in clear`,
    hint: 'set transport=starttls or ldaps, or auth_type=ntlm2',
  }),
  brokenNtlm: warning<{section: string}>('C317', 'ntlm1', {
    doc: 'NTLMv1 is broken: whoever records a login can work out the password. Most domain controllers refuse it.',
    message: 'ntlm1 is broken',
    hint: 'set auth_type=ntlm2',
  }),
  sspiUnavailable: error<object>('C318', 'sspi not available', {
    doc: 'auth_type=sspi uses the Windows account that runs the service, through the optional package kerberos. Elsewhere that package would not check passwords.',
    message: 'auth_type=sspi works on Windows only, with the optional package kerberos',
    hint: 'set auth_type=ntlm2, or plain over starttls or ldaps',
  }),
  failmodeSafe: info<{section: string; explicit: boolean}>('C319', 'failmode=safe', {
    doc: 'With failmode=safe, which is the default, users with the right password are let in while Duo cannot be reached. Whoever can cut the line to Duo then needs the password only.',
    message: (f) =>
      `[${f.section}] lets users in with the password alone while Duo cannot be reached (failmode=safe${f.explicit ? '' : ', the default'})`,
    hint: 'set failmode=secure to refuse them',
  }),
  defaultSecret: warning<{key: string}>('C320', 'well-known secret', {
    doc: 'The secret is one of those that stand in guides and lists.',
    message: (f) => `the value of ${f.key} is well known`,
    hint: 'make one of chance: openssl rand -hex 24',
  }),
  shortSecret: warning<{key: string; length: number; wanted: number}>('C321', 'short secret', {
    doc: 'RADIUS hides passwords with nothing but the shared secret. One of fewer than 16 characters can be guessed from one recorded login (RFC 2865 section 3 asks for 16); a state_key needs 32.',
    message: (f) => `the value of ${f.key} has ${f.length} characters, fewer than ${f.wanted}`,
    hint: 'make one of chance: openssl rand -hex 24',
  }),
  reusedSecret: info<{key: string; other: string; otherLine: number}>('C322', 'secret used twice', {
    doc: 'Two partners share one secret, so each of them can pose as the other.',
    message: (f) => `${f.key} is the same as ${f.other} in line ${f.otherLine}`,
    hint: 'give each its own',
  }),
  readableByOthers: warning<{path: string; mode: string}>('C323', 'file readable by everybody', {
    doc: 'The file holds secrets in clear, and every user of this machine may read it.',
    message: (f) => `${f.path} holds secrets, and every user may read it (mode ${f.mode})`,
    hint: 'chmod o-rwx, or protect the secrets: authproxy protect',
  }),
  htmlOverflow: info<{section: string}>('C324', 'html prompt and 253 octets', {
    doc: 'A Reply-Message holds 253 octets. With prompt_format=html the line breaks and special characters take more of them, so that a user with four or five devices gets the short prompt instead.',
    message: (f) => `[${f.section}] falls back to the short prompt for users with more than about four devices`,
    hint: 'set prompt_overflow=split if the NAS joins several Reply-Message attributes',
  }),
  timeBudget: warning<{what: string; section: string; worst: number; budget: number; timeline: string; advice: string}>(
    'C325',
    'NAS gives up too early',
    {
      doc: 'The NAS waits nas_timeout seconds for an answer and asks again nas_retries times ([main], extensions: write there what is set on the NAS). In the worst case the password check walks through all its hosts before Duo is asked, and a push waits up to 60 seconds for the user. A challenge answers in between, so its two requests count by themselves. When the NAS gives up first, the user sees a failed login and often gets a second push. Raise the timeout on the NAS and write it into nas_timeout, name fewer hosts, or shorten timeout, retries or retry_wait.',
      message: (f) => `${f.what} through [${f.section}] may take ${f.worst} s, and the NAS waits ${f.budget} s`,
      hint: (f) => f.advice,
      detail: (f) => f.timeline,
    },
  ),
  selfMadeStateKey: info<object>('C326', 'no state_key', {
    doc: 'Without state_key this proxy makes a key of its own. A login that was begun here then cannot be finished by another proxy. A single proxy needs nothing.',
    message: 'a login that begins here cannot be finished by another proxy, because [main] has no state_key',
    hint: 'for a fail-over pair set the same state_key on both',
  }),
  twoProxies: error<{otherLine: number}>('C327', 'http_proxy twice', {
    doc: 'A process that is an HTTP proxy itself ([http_proxy]) cannot reach Duo through another one.',
    message: (f) => `http_proxy_host does not go together with [http_proxy] in line ${f.otherLine}`,
    hint: 'remove one of the two',
  }),
  syslogOnWindows: error<object>('C328', 'syslog on Windows', {
    doc: 'Windows has no syslog.',
    message: 'log_syslog does not work on Windows',
    hint: 'use log_file or log_stdout',
  }),
  contradiction: error<{key: string; other: string; otherLine: number}>('C329', 'options contradict each other', {
    doc: 'Two options cannot both hold.',
    message: (f) => `${f.key} contradicts ${f.other} in line ${f.otherLine}`,
    hint: 'keep one of the two',
  }),
  loop: error<{host: string; port: number; server: string}>('C330', 'proxy asks itself', {
    doc: 'The [radius_client] section names an address and port on which this process itself listens: every login would go round in a circle.',
    message: (f) => `${f.host} port ${f.port} is [${f.server}] of this file itself`,
    hint: 'name the RADIUS server that knows the passwords; let one of the two listen on another port',
  }),
  sspiInClear: error<{section: string}>('C331', 'sspi in clear', {
    doc: 'auth_type=sspi binds inside TLS only: on a clear connection nothing would protect what follows the bind.',
    message: (f) => `[${f.section}] uses auth_type=sspi over a clear connection, where no login can work`,
    hint: 'set transport=starttls or ldaps',
  }),
  lateRejects: warning<{delay: number; timeout: number}>('C332', 'NAS asks again before it is refused', {
    doc: 'reject_delay holds a refusal back for as long as the NAS waits for an answer, or longer: the NAS asks again, or gives up, and its user reads of a server that does not answer in place of a wrong password.',
    message: (f) => `refusals come after ${f.delay} s, and the NAS waits ${f.timeout} s`,
    hint: 'set reject_delay below nas_timeout',
  }),
  workersNeedLinux: error<{count: number}>('C333', 'workers without Linux', {
    doc: 'Only Linux deals the requests to a UDP port out to several processes so that each client keeps to one of them.',
    message: (f) => `workers=${f.count} needs Linux`,
    hint: 'leave workers out: one process serves everything',
  }),
  secretCutElsewhere: info<{key: string; reading: string}>('C401', 'secret read differently elsewhere', {
    doc: 'The value contains # or ; or quotes. It counts here as it stands, as in the original. Many other INI readers cut or change it, so other tools of yours may see another secret.',
    message: (f) => `many other INI readers ${f.reading} the value of ${f.key}`,
    hint: 'choose a secret of letters and digits if other tools read this file',
  }),
  readDifferentlyElsewhere: info<{key: string; reading: string}>('C402', 'value read differently elsewhere', {
    doc: 'The value counts here as it stands, as in the original. Many other INI readers read it in another way.',
    message: (f) => `many other INI readers ${f.reading} the value of ${f.key}`,
    hint: 'nothing to do, unless other tools read this file',
  }),
} as const
