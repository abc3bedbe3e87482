#!/usr/bin/env bash
# Boots a Debian with systemd in namespaces of its own and runs the service of the Debian package there: readiness, watchdog,
# reload, stop, restart after a kill, and what the unit forbids. The machine itself and its network are not touched.
# Usage: packaging/deb/test-under-systemd.sh [SUITE]   as root; needs debootstrap, dpkg-deb and a mounted cgroup2
set -euo pipefail
cd "$(dirname "$0")/../.."
. packaging/deb/test-debian.sh

suite=${1:-bookworm}
work=$(mktemp -d /var/tmp/authproxy-systemd.XXXXXX)
root=$work/root

cgroups=$(findmnt --noheadings --first-only --types cgroup2 --output TARGET) || fail 'no cgroup2 is mounted'
cgroup=$cgroups/authproxy-test-$$

cleanup() {
	[ ! -d "$cgroup" ] || find "$cgroup" -depth -type d -exec rmdir {} + || true
	rm -rf --one-file-system "$work"
}
trap cleanup EXIT

step 'the package'
package=$(node_modules/.bin/node packaging/build-deb.ts --output "$work" --compression none)

step "a Debian $suite with systemd"
make_debian "$suite" "$root" systemd,systemd-sysv
cp "$package" "$root/authproxy.deb"

cat >"$root/test.sh" <<'TEST'
#!/bin/bash
set -euo pipefail
step() { printf '\n== %s\n' "$*"; }
fail() {
	printf 'FAILED: %s\n' "$*" >&2
	systemctl status --no-pager --full authproxy || true
	journalctl --no-pager -u authproxy | tail -n 20
	exit 1
}
# NAME EXPECTED ACTUAL
expect() { [ "$2" = "$3" ] || fail "$1: expected $2, got $3"; }
property() { systemctl show --property "$1" --value authproxy; }
code() { local code=0; "$@" >/tmp/said 2>&1 || code=$?; echo "$code"; }
# SECONDS COMMAND...: waits until the command succeeds
within() { local end=$((SECONDS + $1)); shift; until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || return 1; sleep 0.2; done; }
is_another() { [ "$(property MainPID)" != "$1" ] && [ "$(systemctl is-active authproxy)" = active ]; }
# A file system call of root in what the service sees as its file system
inside() { nsenter --target "$(property MainPID)" --mount "$@"; }
# PID: the workers that a service has started
workers() {
	local each
	for each in $(cat "/proc/$1/task/$1/children"); do
		if tr '\0' '\n' <"/proc/$each/cmdline" | grep -q '/worker.js$'; then echo "$each"; fi
	done
}
# PID NUMBER [without PID]
has_workers() { [ "$(workers "$1" | grep -vcx "${4:-none}")" = "$2" ]; }
export DEBIAN_FRONTEND=noninteractive

step 'install: enabled for the next boot, and not started before the configuration is filled in'
dpkg -i /authproxy.deb
expect 'enabled' enabled "$(systemctl is-enabled authproxy)"
expect 'authproxy status' 3 "$(code authproxy status)"
cat /ready.cfg >/etc/authproxy/authproxy.cfg
systemd-analyze verify --man=no /usr/lib/systemd/system/authproxy.service
systemd-analyze security --no-pager authproxy | tail -n 1

step 'start: it is up when it says so itself (Type=notify)'
mkdir -p /etc/systemd/system/authproxy.service.d
printf '[Service]\nWatchdogSec=6\nRestartSec=1\n' >/etc/systemd/system/authproxy.service.d/quick.conf
systemctl daemon-reload
systemctl start authproxy || fail start
expect 'state' 'active notify running' "$(property ActiveState) $(property Type) $(property SubState)"
expect 'authproxy status' 0 "$(code authproxy status)"
pid=$(property MainPID)
expect 'pid that authproxy knows' "$pid" "$(cat /run/authproxy/duoauthproxy.pid)"
expect 'user' authproxy "$(stat -c %U "/proc/$pid")"
within 5 grep -q proxy.ready /var/log/authproxy/authproxy.log || fail 'no log'
grep -q Authproxy <(journalctl --no-pager -o short -u authproxy) || fail 'nothing in the journal'
expect 'what systemctl status shows' 'serving 0.0.0.0:21812, [::]:21812' "$(property StatusText)"

step 'it answers: a login without Duo is refused (failmode=secure)'
echo push >/tmp/password
echo test-secret-not-real >/tmp/secret
login() { code authproxy simulate --server 127.0.0.1:21812 --secret-file /tmp/secret -u "$1" --password-file /tmp/password --timeout 20 >/dev/null; }
login jdoe
grep -qi 'reject' /tmp/said || { cat /tmp/said; fail 'no answer'; }
within 5 grep -q jdoe /var/log/authproxy/authevents.log || fail 'no auth event'

step 'health: systemctl status says that Duo is out of reach; the unit stays active, and nothing is restarted for it'
login jsmith
login rroe
says_not_ready() { [[ $(property StatusText) == 'NOT READY'*'Duo is out of reach'* ]]; }
within 20 says_not_ready || fail "the status text is $(property StatusText)"
expect 'state' "active $pid" "$(systemctl is-active authproxy) $(property MainPID)"

step 'what the unit forbids is forbidden, and what the service needs is not'
grep -q '^NoNewPrivs:[[:space:]]*1' "/proc/$pid/status" || fail 'NoNewPrivileges'
grep -q '^Seccomp:[[:space:]]*2' "/proc/$pid/status" || fail 'SystemCallFilter'
grep -q '^CapBnd:[[:space:]]*0000000000000000' "/proc/$pid/status" || fail 'CapabilityBoundingSet'
for folder in /usr /etc /etc/authproxy /var /boot; do
	if inside touch "$folder/forbidden" 2>/dev/null; then fail "$folder can be written"; fi
done
for folder in /var/log/authproxy /var/lib/authproxy /run/authproxy; do
	inside touch "$folder/allowed" || fail "$folder cannot be written"
	inside rm "$folder/allowed"
done
[ "$(inside ls -A /root | wc -l)" = 0 ] || fail 'ProtectHome'
inside test -e /dev/null || fail '/dev/null is not there'
if inside test -e /dev/kmsg; then fail 'PrivateDevices'; fi

step 'watchdog: its messages come, and a process that hangs is replaced'
first=$(property WatchdogTimestampMonotonic)
sleep 8
[ "$(property WatchdogTimestampMonotonic)" -gt "$first" ] || fail 'no message of the watchdog'
expect 'pid after more than WatchdogSec' "$pid" "$(property MainPID)"
kill -STOP "$pid"
within 30 is_another "$pid" || fail 'a process that hangs was not replaced'
within 10 authproxy status || fail 'the new one does not answer'

step 'killed: it comes back'
pid=$(property MainPID)
kill -KILL "$pid"
within 20 is_another "$pid" || fail 'it did not come back'
within 10 authproxy status || fail 'the new one does not answer'

step 'reload: the same process; a bad file changes nothing and is told'
pid=$(property MainPID)
sed -i 's/failmode=secure/failmode=safe/' /etc/authproxy/authproxy.cfg
systemctl reload authproxy
# The log gathers lines for 50 ms.
within 5 grep -q 'failmode: secure -> safe' /var/log/authproxy/authproxy.log || fail 'the change is not in the log'
sed -i 's/failmode=safe/failmode=sfae/' /etc/authproxy/authproxy.cfg
if systemctl reload authproxy 2>/dev/null; then fail 'a bad file was taken'; fi
expect 'reload of a bad file' 1 "$(code authproxy reload)"
expect 'state after a bad file' "active $pid" "$(systemctl is-active authproxy) $(property MainPID)"
expect 'restart with a bad file' 1 "$(code authproxy restart)"
expect 'state after a restart with a bad file' "active $pid" "$(systemctl is-active authproxy) $(property MainPID)"
cat /ready.cfg >/etc/authproxy/authproxy.cfg

step 'start, stop, restart and status of authproxy go over systemd'
expect 'start' 0 "$(code authproxy start)"
expect 'start again' 0 "$(code authproxy start)"
expect 'state' active "$(systemctl is-active authproxy)"
pid=$(property MainPID)
expect 'restart' 0 "$(code authproxy restart)"
is_another "$pid" || fail 'restart did nothing'
expect 'stop' 0 "$(code authproxy stop)"
expect 'state' inactive "$(systemctl is-active authproxy || true)"
expect 'result' success "$(property Result)"
expect 'stop again' 0 "$(code authproxy stop)"
expect 'status' 3 "$(code authproxy status)"

step 'workers: several processes are one service; one that dies is replaced, all end with it'
sed -i 's/^\[main\]$/[main]\nworkers=2/' /etc/authproxy/authproxy.cfg
systemctl start authproxy || fail start
pid=$(property MainPID)
expect 'workers' 2 "$(workers "$pid" | wc -l)"
read -r gone <<<"$(workers "$pid")"
kill -KILL "$gone"
within 20 has_workers "$pid" 2 without "$gone" || fail 'a worker that was killed was not replaced'
expect 'pid' "active $pid" "$(systemctl is-active authproxy) $(property MainPID)"
expect 'authproxy status' 0 "$(code authproxy status)"
sleep 8
expect 'pid after more than WatchdogSec' "$pid" "$(property MainPID)"
systemctl reload authproxy || fail reload
left=$(workers "$pid")
kill -KILL "$pid"
within 20 is_another "$pid" || fail 'it did not come back'
for each in $left; do [ ! -d "/proc/$each" ] || fail "worker $each has outlived its service"; done
within 10 has_workers "$(property MainPID)" 2 || fail 'the new one has no workers'
systemctl stop authproxy || fail stop
expect 'result' success "$(property Result)"
cat /ready.cfg >/etc/authproxy/authproxy.cfg

step 'purge: the unit is gone'
systemctl start authproxy || fail start
dpkg -P authproxy
expect 'state' inactive "$(systemctl is-active authproxy || true)"
[ ! -e /usr/lib/systemd/system/authproxy.service ] || fail 'the unit is still there'
touch /passed
step 'all is well'
TEST
chmod 755 "$root/test.sh"
# What the machine is asked for ends the machine.
cat >"$root/etc/systemd/system/authproxy-test.service" <<'UNIT'
[Unit]
After=multi-user.target
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
TimeoutStartSec=240
StandardOutput=append:/test.log
StandardError=inherit
ExecStart=/test.sh
[Install]
WantedBy=default.target
UNIT
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf /etc/systemd/system/authproxy-test.service "$root/etc/systemd/system/multi-user.target.wants/"
ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"

step 'boot'
mkdir "$cgroup"
cat >"$work/boot.sh" <<'BOOT'
set -e
root=$1
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
for device in null zero full random urandom tty; do
	touch "$root/dev/$device"
	mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
# Not a chroot: what systemd builds for a service out of / would be the machine's.
cd "$root"
mkdir before
pivot_root . before
umount --lazy /before
exec env -i container=authproxy-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system
BOOT
sh -c 'echo $$ >"$1/cgroup.procs" && exec timeout 300 unshare --cgroup --mount --pid --net --ipc --uts --fork --kill-child sh "$2" "$3"' \
	boot "$cgroup" "$work/boot.sh" "$root" >"$work/boot.log" 2>&1 || true
cat "$root/test.log" 2>/dev/null || { tail -n 40 "$work/boot.log"; fail 'systemd did not come up'; }
[ -e "$root/passed" ] || fail 'see above'
