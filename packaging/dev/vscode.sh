#!/bin/sh
# The extension for VS Code: `vscode.sh build` packs it into dist/, `vscode.sh test` runs its unit tests. Exits 77 where
# npm is not there, or where its packages cannot be had.
set -eu

cd "$(dirname "$0")/../vscode"
command -v npm >/dev/null || { echo "hint: npm is needed to build the extension" >&2; exit 77; }
if [ ! -x node_modules/.bin/tsc ]; then
    timeout 300 npm ci --ignore-scripts --loglevel=error >/dev/null || {
        echo "hint: npm could not install the packages that build the extension" >&2
        exit 77
    }
fi
case $1 in
    build) npm run --silent pack ;;
    test) npm test --silent ;;
esac
