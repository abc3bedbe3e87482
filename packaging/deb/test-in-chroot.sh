#!/usr/bin/env bash
# Installs, starts (without systemd), upgrades, removes and purges the Debian package in a Debian of its own.
# Usage: packaging/deb/test-in-chroot.sh [SUITE]   as root; needs debootstrap and dpkg-deb
set -euo pipefail
cd "$(dirname "$0")/../.."
. packaging/deb/test-debian.sh

suite=${1:-bookworm}
work=$(mktemp -d /var/tmp/authproxy-chroot.XXXXXX)
root=$work/root
trap 'rm -rf --one-file-system "$work"' EXIT

node=node_modules/.bin/node
step 'two versions of the package'
old=$("$node" packaging/build-deb.ts --output "$work" --compression none --version 0.0.1)
new=$("$node" packaging/build-deb.ts --output "$work" --compression none --version 0.0.2 --no-build)

step "a Debian $suite"
make_debian "$suite" "$root"
cp "$old" "$root/old.deb"
cp "$new" "$root/new.deb"

cat >"$root/test.sh" <<'TEST'
#!/bin/bash
set -euo pipefail
step() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
status() { local code=0; authproxy status >/tmp/status 2>&1 || code=$?; echo "$code"; }
expect() { [ "$2" = "$3" ] || { cat /tmp/status; fail "$1: expected $2, got $3"; }; }
export DEBIAN_FRONTEND=noninteractive

step 'install: nothing is started before the configuration is filled in'
dpkg -i /old.deb | tee /tmp/install.log
grep -q 'is not started' /tmp/install.log || fail 'no hint what to do'
expect 'status after the installation' 3 "$(status)"
expect 'owner of the configuration' 'root:authproxy 640' "$(stat -c '%U:%G %a' /etc/authproxy/authproxy.cfg)"
expect 'owner of the logs' 'authproxy:adm 2750' "$(stat -c '%U:%G %a' /var/log/authproxy)"

step 'start, without systemd'
cat /ready.cfg >/etc/authproxy/authproxy.cfg
authproxy validate /etc/authproxy/authproxy.cfg || fail 'the configuration is not taken'
authproxy start
expect 'status after the start' 0 "$(status)"
pid=$(cat /run/authproxy/duoauthproxy.pid)
expect 'user of the process' authproxy "$(stat -c %U "/proc/$pid")"
authproxy status --json | grep -q '"version": "0.0.1"' || fail 'the version in the status'
grep -q proxy.ready /var/log/authproxy/authproxy.log || fail 'no log'
expect 'rights of the log' 'authproxy:adm 640' "$(stat -c '%U:%G %a' /var/log/authproxy/authproxy.log)"
authproxy reload

step 'upgrade: the new version takes over'
dpkg -i /new.deb
expect 'status after the upgrade' 0 "$(status)"
authproxy status --json | grep -q '"version": "0.0.2"' || fail 'the old version still runs'
grep -q radius_server_challenge /etc/authproxy/authproxy.cfg || fail 'the configuration was replaced'

step 'remove: stopped, configuration and logs stay'
dpkg -r authproxy
[ -e "/proc/$(cat /run/authproxy/duoauthproxy.pid 2>/dev/null || echo none)" ] && fail 'it still runs'
[ -e /etc/authproxy/authproxy.cfg ] || fail 'the configuration is gone'
[ -e /var/log/authproxy/authproxy.log ] || fail 'the log is gone'

step 'purge: nothing stays'
dpkg -P authproxy
# A package does not touch homes: compiled code that root's own commands keep there stays.
left=$(find / -xdev -name '*authproxy*' -not -path '/proc/*' -not -path '/var/log/*.log' -not -path '/tmp/*' -not -path '/root/.cache/*' | head)
[ -z "$left" ] || fail "left over: $left"
getent passwd authproxy && fail 'the user is still there'
step 'all is well'
TEST
chmod 755 "$root/test.sh"

step 'in the chroot, with processes of its own that end with it'
unshare --mount --pid --fork --kill-child sh -c "mount -t proc proc '$root/proc' && mount -t tmpfs tmpfs '$root/run' && mount --bind /dev '$root/dev' && exec chroot '$root' /test.sh"
