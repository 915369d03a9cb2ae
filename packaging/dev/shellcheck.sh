#!/bin/sh
# Checks every shell script of the checkout; does nothing, and says so, where shellcheck is not installed.
set -eu

cd "$(dirname "$0")/../.."
if ! command -v shellcheck >/dev/null; then
    echo "shellcheck is not installed: shell scripts are not checked (apt install shellcheck)" >&2
    exit 0
fi
shellcheck --exclude=SC2016 .ci/run packaging/dev/*.sh packaging/devcontainer/src/obsd/install.sh packaging/container/*.sh packaging/debian/*.postinst packaging/debian/*.postrm packaging/debian/*.prerm
shellcheck --shell=sh --exclude=SC1090,SC2154,SC3033 obsd/git/hook.sh
