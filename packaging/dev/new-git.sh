#!/bin/sh
# A git of today beside this machine's, for tests: Debian unstable's packages unpacked into a folder, with all libraries
# that they need, so that they run on any Debian. Prints the folder with the program `git`; needs no root, but apt.
# usage: new-git.sh [FOLDER]     The mirror is the one that this machine's apt uses.
set -eu
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/obsd/new-git}
bin=$folder/bin

fail() {
    echo "new-git.sh: $1" >&2
    exit 1
}

if [ -x "$bin/git" ] && "$bin/git" --version >/dev/null 2>&1; then
    echo "$bin"
    exit
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    fail "apt is not installed"
fi
# shellcheck disable=SC2016  # apt fills these in
mirror=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk '$1 == "Debian" && $2 == "main" { print $3; exit }')
[ -n "$mirror" ] || mirror=http://deb.debian.org/debian
rm -rf "$folder"
mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/packages" "$folder/root" "$bin"
cat >"$folder/sources.list" <<EOF
deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main
EOF
apt() {
    apt-get -q -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=- -o APT::Sandbox::User= \
        -o Dir::State::lists="$folder/lists" -o Dir::Cache="$folder/cache" "$@" >&2
}
apt update || fail "no list of packages from $mirror"
cd "$folder/packages"
apt download git libc6 zlib1g libpcre2-8-0 || fail "the packages cannot be had from $mirror"
for package in *.deb; do
    dpkg-deb --extract "$package" "$folder/root"
done
cd /
rm -rf "$folder/lists" "$folder/cache" "$folder/packages"
loader=$(find "$folder/root" -name 'ld-linux*.so.*' | head -n 1)
libraries=$(dirname "$(find "$folder/root" -name 'libc.so.6' | head -n 1)")
# What git starts of itself is this program too: the folder is the one that it looks in.
cat >"$bin/git" <<EOF
#!/bin/sh
GIT_EXEC_PATH='$bin' exec '$loader' --library-path '$libraries' '$folder/root/usr/bin/git' "\$@"
EOF
chmod +x "$bin/git"
"$bin/git" --version >&2 || fail "it does not run here"
echo "$bin"
