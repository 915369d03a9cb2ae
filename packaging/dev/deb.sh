#!/bin/bash
# Builds the Debian packages from this checkout into the folder OUT, and runs lintian on them.
# usage: deb.sh OUT      As root in a clean Debian 12 tree without network; else on this machine, with what it has.
# OBSD_DEB_VERSION gives the packages another version.
set -eu

cd "$(dirname "$0")/../.."
out=$(mkdir -p "$1" && cd "$1" && pwd)
work=$(mktemp -d /var/tmp/obsd-deb.XXXXXX)
trap 'rm -rf "$work"' EXIT

fail() {
    printf 'make deb: %s\n' "$1" >&2
    printf 'hint: %s\n' "$2" >&2
    exit 1
}

step() {
    printf 'make deb: %s\n' "$1" >&2
}

broken() {
    tail -n 60 "$work/log" >&2
    fail "the packages could not be built" "the end of the log is above"
}

sources() {
    # Root may well build from somebody else's checkout: only names are asked for.
    if git -c safe.directory='*' rev-parse --git-dir >/dev/null 2>&1; then
        git -c safe.directory='*' -c core.fsmonitor=false ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
            [ ! -e "$file" ] || printf '%s\0' "$file"
        done
    else
        find . \( -name '.venv*' -o -name .git -o -name dist -o -name build -o -name .run -o -name __pycache__ \) -prune -o -type f -print0
    fi
}

mkdir "$work/obsd"
sources | tar --create --null --files-from=- | tar --extract --directory="$work/obsd" --no-same-owner
cp -r "$work/obsd/packaging/debian" "$work/obsd/debian"
if [ -n "${OBSD_DEB_VERSION:-}" ]; then
    sed -i "1s/([^)]*)/($OBSD_DEB_VERSION)/" "$work/obsd/debian/changelog"
    sed -i "s/^__version__ = .*/__version__ = \"$OBSD_DEB_VERSION\"/" "$work/obsd/obsd/__init__.py"
fi

# The extension for VS Code is built here, by npm: the build of the packages has no network. Without npm it is left out.
if [ -d packaging/vscode/node_modules ]; then
    cp -r packaging/vscode/node_modules "$work/obsd/packaging/vscode/"
fi
if "$work/obsd/packaging/dev/vscode.sh" build >"$work/log" 2>&1; then
    mv "$work"/obsd/dist/obsd-vscode-*.vsix "$work/obsd/packaging/vscode/"
else
    step "without the extension for VS Code: $(tail -n 1 "$work/log")"
fi
rm -rf "$work/obsd/packaging/vscode/node_modules" "$work/obsd/packaging/vscode/out" "$work/obsd/dist"
cat >"$work/build.sh" <<'BUILD'
set -e
cd obsd
dpkg-buildpackage --build=binary --no-sign
cd ..
if command -v lintian >/dev/null; then
    lintian --allow-root --pedantic --fail-on error,warning,info,pedantic --tag-display-limit 0 *.changes
fi
BUILD

if [ "$(id -u)" = 0 ]; then
    command -v systemd-nspawn >/dev/null ||
        fail "systemd-nspawn is not installed" "apt install systemd-container mmdebstrap"
    needs=$(sed -n '/^Build-Depends:/,/^[A-Z][A-Za-z-]*: /p' packaging/debian/control |
        grep -oE '^(Build-Depends:| ) *[a-z0-9.+-]+' | sed -e 's/^Build-Depends: *//' -e 's/ //g' -e 's/-compat$//')
    step "a clean Debian 12 (made once a month, which takes some minutes)"
    # shellcheck disable=SC2086 # a list of words
    tree=$(packaging/dev/tree.sh bookworm build-essential lintian $needs)
    step "building, then lintian: about two minutes"
    systemd-nspawn --quiet --register=no --keep-unit --volatile=overlay --private-network \
        --directory="$tree" --bind="$work:/build" --chdir=/build --setenv=LC_ALL=C.UTF-8 \
        --setenv="DEB_BUILD_OPTIONS=${DEB_BUILD_OPTIONS:-}" sh build.sh </dev/null >"$work/log" 2>&1 ||
        broken
else
    command -v dpkg-buildpackage >/dev/null || fail "dpkg-dev is not installed" "apt install dpkg-dev debhelper"
    step "building with what is installed here"
    (cd "$work/obsd" && dpkg-checkbuilddeps) || fail "packages are missing" "install them, or run it as root"
    (cd "$work" && sh build.sh) >"$work/log" 2>&1 ||
        broken
fi
[ -z "${OBSD_DEB_LOG:-}" ] || cp "$work/log" "$OBSD_DEB_LOG"
rm -f "$out"/obsd*.deb
cp "$work"/*.deb "$out/"
ls "$out"/*.deb
