#!/bin/sh
# Runs the tests with the oldest versions of floor.txt on Python 3.11, in a copy of the checkout, because the
# generated code there is made by the old generator. Arguments go to pytest.
set -eu

cd "$(dirname "$0")/../.."
python=${PYTHON:-python3.11}
copy=${FLOOR_COPY:-$PWD/.run/floor}
mkdir -p "$copy"
# Files that were deleted since must not stay; the environment may.
find "$copy" -mindepth 1 -maxdepth 1 ! -name .venv -exec rm -rf {} +
git ls-files -z --cached --others --exclude-standard | xargs -0 sh -c 'for f; do [ -e "$f" ] && printf "%s\0" "$f"; done' - \
    | tar --create --null --files-from=- | tar --extract --directory="$copy"
cd "$copy"
PYTHON=$python CONSTRAINTS=packaging/dev/floor.txt packaging/dev/setup.sh
exec .venv/bin/python -m pytest "$@"
