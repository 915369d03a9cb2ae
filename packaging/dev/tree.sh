#!/bin/sh
# Makes a minimal Debian system in a folder of the cache, or finds the one made before, and prints its path.
# usage: tree.sh SUITE PACKAGE...     The mirror is the one that this machine's apt uses. Needs root and mmdebstrap.
set -eu

suite=$1
shift
packages=$(printf '%s\n' "$@" | LC_ALL=C sort -u | tr '\n' ',' | sed 's/,$//')
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/obsd/trees
tree=$cache/$suite-$(printf '%s' "$packages" | sha256sum | cut -c1-12)
newer=30 # days after which security updates are worth the wait
old=90   # days after which nobody asks for that list of packages any more

fail() {
    printf 'tree.sh: %s\n' "$1" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || fail "making a system tree needs root"
command -v mmdebstrap >/dev/null || fail "mmdebstrap is not installed: apt install mmdebstrap"

mkdir -p "$cache"
exec 9>"$tree.lock"
flock 9
if [ -e "$tree.made" ] && [ -z "$(find "$tree.made" -mtime +"$newer")" ]; then
    printf '%s\n' "$tree"
    exit
fi

mirror=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $2 == "main" { print $3; exit }')
[ -n "$mirror" ] || fail "apt on this machine knows no Debian mirror: run apt-get update"
rm -rf "$tree" "$tree.made"
find "$cache" -maxdepth 1 -name '*.made' -mtime +"$old" | while read -r stale; do rm -rf "${stale%.made}" "$stale"; done
options=$(mktemp)
trap 'rm -f "$options"' EXIT
# A proxy that this machine needs is needed for the tree, too; it does not stay in it.
apt-config dump | grep -E '^Acquire::(http|https|ftp)::' >"$options" || true
printf 'Acquire::Retries "5";\n' >>"$options"
mmdebstrap --quiet --variant=minbase --include="$packages" \
    --aptopt="$options" --customize-hook='rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/obsd*' \
    "$suite" "$tree" "$mirror" >&2 || { rm -rf "$tree"; fail "mmdebstrap could not make a $suite tree"; }
touch "$tree.made"
printf '%s\n' "$tree"
