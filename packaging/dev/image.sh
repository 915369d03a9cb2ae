#!/bin/sh
# Builds the image localhost/obsd:VERSION by podman, else docker, from the package in dist/deb that `make deb` built.
# usage: image.sh [OPTION...]     Options go to the build: --build-arg=BASE=IMAGE takes another Debian.
set -eu

cd "$(dirname "$0")/../.."
version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' obsd/__init__.py)
deb=dist/deb/obsd_${version}_all.deb
if [ ! -e "$deb" ]; then
    printf 'make image: %s is not there\nhint: make deb\n' "$deb" >&2
    exit 1
fi
# The health check is no part of OCI's own format.
if command -v podman >/dev/null; then
    set -- podman build --format=docker "$@"
elif command -v docker >/dev/null; then
    set -- docker build "$@"
else
    printf 'make image: neither podman nor docker is installed\nhint: apt install podman\n' >&2
    exit 1
fi
exec "$@" --build-arg="VERSION=$version" --tag="localhost/obsd:$version" --file=packaging/container/Containerfile .
