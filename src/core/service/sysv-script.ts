import type {InstallOptions} from './install-options.ts'

export const SYSV_PATH = '/etc/init.d/authproxy'

/** For machines without systemd: the controls of the program itself, started as the service's user. */
export function sysvScript({layout, nodePath, programPath, serviceUser}: InstallOptions): string {
  return `#!/bin/sh
# Written by "authproxy install-service" and written anew by it.
### BEGIN INIT INFO
# Provides:          authproxy
# Required-Start:    $remote_fs $network $syslog $time
# Required-Stop:     $remote_fs $network $syslog
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Multi-factor RADIUS proxy
### END INIT INFO

node=${shellWord(nodePath)}
program=${shellWord(programPath)}
config=${shellWord(layout.configFile)}
root=${shellWord(layout.root)}
run=${shellWord(layout.runDirectory)}
user=${shellWord(serviceUser)}

[ -x "$node" ] || exit 5
umask 027
cd "$root" || exit 1
HOME=$root
export HOME

# Nothing of the proxy runs as root.
as_service_user() {
	if command -v setpriv >/dev/null 2>&1; then
		setpriv --reuid "$user" --regid "$user" --init-groups -- "$node" "$program" "$@"
	else
		runuser -u "$user" -g "$user" -- "$node" "$program" "$@"
	fi
}

case "$1" in
	start | restart)
		# /run is empty after a boot.
		[ -d "$run" ] || install -d -m 0700 -o "$user" -g "$user" "$run"
		as_service_user "$1" --config "$config"
		;;
	stop | status | reload)
		as_service_user "$1" --config "$config"
		;;
	force-reload)
		as_service_user reload --config "$config"
		;;
	*)
		echo "Usage: $0 {start|stop|restart|reload|force-reload|status}" >&2
		exit 3
		;;
esac
`
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
