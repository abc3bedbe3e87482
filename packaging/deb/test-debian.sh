# What the tests of the Debian package share; read by them, not run.

step() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail 'needs root'
command -v debootstrap >/dev/null || fail 'debootstrap is missing: apt-get install -y debootstrap'

# SUITE ROOT [PACKAGE,...]: a small Debian in the folder ROOT, and there a configuration that is filled in, /ready.cfg
make_debian() {
	local suite=$1 root=$2 packages=adduser,init-system-helpers,libatomic1,libstdc++6,util-linux${3:+,$3} mirror
	mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
	debootstrap --variant=minbase --include="$packages" "$suite" "$root" "$mirror" >"$root.log" 2>&1 ||
		{ tail -n 20 "$root.log"; fail debootstrap; }
	cat >"$root/ready.cfg" <<'CONFIG'
[main]
log_dir=/var/log/authproxy
log_auth_events=true
status_server_reflects_health=true
[duo_only_client]
[radius_server_challenge]
ikey=DIXXXXXXXXXXXXXXXXXX
skey=secretKeyOfATestNotReal00000000000000000
api_host=api-xxxxxxxx.duosecurity.com
radius_ip_1=127.0.0.1
radius_secret_1=test-secret-not-real
port=21812
client=duo_only_client
failmode=secure
CONFIG
}
