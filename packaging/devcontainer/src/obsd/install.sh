#!/bin/sh
# Installs obsd's reporter in a container that shares a repository with the machine on which obsd runs, and says where
# it reports to: docs/remote.md. Run as root while the container is built; options come as variables, in capitals.
set -eu

socket=${SOCKET-/run/obsd/obsd.sock}
address=${ADDRESS-}
certificates=${CERTIFICATES-/etc/obsd/tls}
server_name=${SERVERNAME-}
user=${COMMITTER:-automatic}
package=${PACKAGE-}
here=$(cd "$(dirname "$0")" && pwd)
root=/opt/obsd
state=/var/lib/obsd-reporter

fail() {
    echo "obsd: $1" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || fail "the feature is installed as root"
[ -z "$address" ] || socket=
[ -n "$socket$address" ] || fail "give a socket or an address"
[ "$user" != automatic ] || user=${_REMOTE_USER-root}
id "$user" >/dev/null 2>&1 || fail "there is no user $user"
case "$socket$address$certificates$server_name" in
*[\"\\]* | *"
"*) fail "a quotation mark, a backslash or a line in an option" ;;
esac

# The program: what is there already, a Debian package, or an environment of its own for a wheel.
obsctl=$(command -v obsctl || true)
if [ -z "$obsctl" ]; then
    for file in "$here"/*.whl; do
        [ ! -e "$file" ] || package=${package:-$file}
    done
    set -- "$here"/obsd_*.deb
    if [ -z "$package" ] && [ -e "$1" ] && command -v apt-get >/dev/null; then
        apt-get update -q >&2 || true
        apt-get install -qy --no-install-recommends "$1" >&2
        obsctl=/usr/bin/obsctl
    else
        [ -n "$package" ] || fail "put obsd's .deb or wheel beside install.sh, or set the option package"
        command -v python3 >/dev/null || fail "python3 is missing: use an image, or a feature, that has it"
        python3 -m venv "$root" || fail "python3-venv is missing"
        "$root/bin/pip" install -q "$package" >&2
        obsctl=$root/bin/obsctl
    fi
fi

mkdir -p /etc/obsd "$state/spool"
chmod 700 "$state" "$state/spool"
{
    if [ -n "$socket" ]; then
        printf 'socket = "%s"\n' "$socket"
    else
        printf 'address = "%s"\n' "$address"
        printf 'certificate = "%s/reporter.crt"\nkey = "%s/reporter.key"\nauthority = "%s/authority.crt"\n' \
            "$certificates" "$certificates" "$certificates"
        [ -z "$server_name" ] || printf 'server_name = "%s"\n' "$server_name"
    fi
} >"$state/spool/remote.toml"
chown -R "$user:" "$state"
# Hooks of the shared repository read it: their own spool is a path of the other machine.
printf '%s\n%s\n' "$state/spool" "$obsctl" >/etc/obsd/reporter
chmod 644 /etc/obsd/reporter
echo "obsd: hooks report to ${socket:-$address} by $obsctl"
