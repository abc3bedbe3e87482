import {type InstallOptions, nodeOptions} from './install-options.ts'
import {xmlText} from './xml-text.ts'

/**
 * The definition that WinSW reads beside its own executable. It starts Node as a real Windows service, sends it Ctrl+C
 * at the end so that logins in flight end first, and starts it again after a failure.
 */
export function winswDefinition({layout, nodePath, programPath}: InstallOptions): string {
  const argv = [...nodeOptions, programPath, 'serve', '--config', layout.configFile].map(windowsArgument).join(' ')
  const validate = [programPath, 'validate', layout.configFile].map(windowsArgument).join(' ')
  return `<!-- Written by "authproxy install-service" and written anew by it. For WinSW 3 -->
<service>
  <id>authproxy</id>
  <name>Multi-factor RADIUS proxy (authproxy)</name>
  <description>Checks VPN logins: password with the directory, second factor with Duo, answer over RADIUS.</description>
  <executable>${xmlText(nodePath)}</executable>
  <arguments>${xmlText(argv)}</arguments>
  <prestart>
    <executable>${xmlText(nodePath)}</executable>
    <arguments>${xmlText(validate)}</arguments>
  </prestart>
  <workingdirectory>${xmlText(layout.root)}</workingdirectory>
  <env name="NODE_ENV" value="production"/>
  <serviceaccount>
    <username>NT AUTHORITY\\LocalService</username>
  </serviceaccount>
  <startmode>Automatic</startmode>
  <delayedAutoStart>true</delayedAutoStart>
  <depend>Tcpip</depend>
  <depend>Dnscache</depend>
  <onfailure action="restart" delay="5 sec"/>
  <onfailure action="restart" delay="5 sec"/>
  <onfailure action="restart" delay="30 sec"/>
  <resetfailure>1 hour</resetfailure>
  <!-- A push lives for 60 s. -->
  <stoptimeout>80 sec</stoptimeout>
  <log mode="roll-by-size">
    <sizeThreshold>10240</sizeThreshold>
    <keepFiles>2</keepFiles>
  </log>
</service>
`
}

/** One argument as CommandLineToArgvW splits it: backslashes count only before a quotation mark. */
export function windowsArgument(text: string): string {
  if (text !== '' && !/[\s"]/.test(text)) return text
  return `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`
}
