import {type InstallOptions, nodeOptions} from './install-options.ts'
import {xmlText} from './xml-text.ts'

export const LAUNCHD_LABEL = 'authproxy'
export const LAUNCHD_PATH = `/Library/LaunchDaemons/${LAUNCHD_LABEL}.plist`

/** The job that launchd keeps running on macOS. */
export function launchdJob(options: InstallOptions): string {
  const {layout, needs, nodePath, programPath, serviceUser} = options
  const argv = [nodePath, ...nodeOptions, programPath, 'serve', '--config', layout.configFile]
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by "authproxy install-service" and written anew by it. -->
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>${LAUNCHD_LABEL}</string>
	<key>ProgramArguments</key>
	<array>
${argv.map((word) => `\t\t<string>${xmlText(word)}</string>`).join('\n')}
	</array>
	<key>UserName</key>
	<string>${xmlText(serviceUser)}</string>
	<key>GroupName</key>
	<string>${xmlText(serviceUser)}</string>
	<key>WorkingDirectory</key>
	<string>${xmlText(layout.root)}</string>
	<!-- 027, which a property list writes in decimal. -->
	<key>Umask</key>
	<integer>23</integer>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<dict>
		<key>SuccessfulExit</key>
		<false/>
	</dict>
	<key>ThrottleInterval</key>
	<integer>5</integer>
	<!-- Logins in flight end first: a push lives for 60 s. -->
	<key>ExitTimeOut</key>
	<integer>80</integer>
	<key>HardResourceLimits</key>
	<dict>
		<key>Core</key>
		<integer>0</integer>
		<key>NumberOfFiles</key>
		<integer>65536</integer>
	</dict>
	<key>SoftResourceLimits</key>
	<dict>
		<key>NumberOfFiles</key>
		<integer>65536</integer>
	</dict>
	<key>StandardErrorPath</key>
	<string>${xmlText(`${needs.logDirectory}/stderr.log`)}</string>
</dict>
</plist>
`
}
