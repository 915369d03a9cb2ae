#!/bin/sh
# Makes the development environment: $VENV (.venv) with obsd and obsctl, editable, and the tools of `make test`.
# Quick when nothing that it depends on changed. PYTHON chooses the interpreter, CONSTRAINTS a file of versions.
set -eu

cd "$(dirname "$0")/../.."
venv=${VENV:-.venv}
stamp=$venv/.obsd-setup

fail() {
    printf 'make setup: %s\n' "$1" >&2
    printf 'hint: %s\n' "$2" >&2
    exit 1
}

suitable() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        suitable "$PYTHON" || fail "PYTHON=$PYTHON does not run, or is older than 3.11" "leave it unset, or name another one"
        printf '%s\n' "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11 python3.14; do
        if suitable "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or later was found" "install one (Debian 12 and later: apt install python3), or set PYTHON=/path/to/python3"
}

# The checkout's own place is part of it: an environment does not work where it was not made.
fingerprint() {
    pwd -P
    cat pyproject.toml setup.py packaging/codegen.py packaging/dev/setup.sh proto/obsd/v1/*.proto ${CONSTRAINTS:+"$CONSTRAINTS"} | cksum
}

now=$(fingerprint)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && [ -f obsd/v1/daemon_pb2.py ] \
    && "$venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

if ! suitable "$venv/bin/python"; then
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null \
        || fail "$python cannot make virtual environments" "apt install python3-venv (or your system's package of that name)"
    printf 'make setup: %s with %s\n' "$venv" "$("$python" -V)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi

pip() {
    "$venv/bin/python" -m pip --disable-pip-version-check -q "$@"
}

# The generator is installed first and the build not isolated: one download, and the code that is generated fits
# the grpcio beside it.
pip install ${CONSTRAINTS:+-c "$CONSTRAINTS"} 'setuptools>=66.1.1' wheel 'grpcio-tools>=1.51.1'
pip install ${CONSTRAINTS:+-c "$CONSTRAINTS"} --no-build-isolation -e '.[dev]'
printf '%s\n' "$now" >"$stamp"
printf 'make setup: done, see %s/bin/obsd and %s/bin/obsctl\n' "$venv" "$venv"
