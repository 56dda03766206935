#!/bin/sh
# Installs the programs that tests start, where it may: as root, with apt-get. Starts no service.
# Says on standard output what is still missing after that, one line each. Fails where installing failed.
set -eu

missing() {
	command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || echo postgresql
	command -v redis-server >/dev/null || echo redis-server
	command -v prometheus >/dev/null || echo prometheus
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || echo chromium
	command -v prometheus-alertmanager >/dev/null || command -v alertmanager >/dev/null || echo prometheus-alertmanager
}

wanted=$(missing)
[ -n "$wanted" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "$wanted"
	exit 0
fi

# Debian's packages start their service when they are installed. This file forbids it meanwhile.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap 'rm -f "$policy"' EXIT INT TERM
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod +x "$policy"
fi
{
	apt-get update -q
	# shellcheck disable=SC2086 # one word per package
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $wanted
} >&2
wanted=$(missing)
[ -z "$wanted" ] || { echo "not there after installing:" $wanted >&2; exit 1; }
