#!/bin/sh
# The first process of the image: starts obsd, has it watch the folders that are mounted, and ends with it.
# OBSD_WORKSPACES has their paths, separated by ":". Without it: $OBSD_FOLDER if it is a repository, else the
# repositories directly in it, else $OBSD_FOLDER itself.
set -u

folders() {
    if [ -n "${OBSD_WORKSPACES:-}" ]; then
        printf '%s\n' "$OBSD_WORKSPACES" | tr ':' '\n'
    elif [ -n "${OBSD_FOLDER:-}" ]; then
        found=
        if [ ! -e "$OBSD_FOLDER/.git" ]; then
            for each in "$OBSD_FOLDER"/*/.git; do
                [ -e "$each" ] || continue
                found=yes
                printf '%s\n' "${each%/.git}"
            done
        fi
        [ -n "$found" ] || printf '%s\n' "$OBSD_FOLDER"
    fi
}

# What it executes is obsd alone: a hook in a mounted repository would call an obsctl that is not there.
register() {
    obsctl wait --timeout 300 || return
    folders | while IFS= read -r folder; do
        [ -z "$folder" ] || obsctl add-workspace --no-hooks --timeout 300 -- "$folder" || true
    done
}

obsd "$@" &
daemon=$!
trap 'kill -TERM "$daemon"' TERM INT
trap 'kill -HUP "$daemon"' HUP
register &
# A signal ends the wait, not obsd.
while :; do
    wait "$daemon"
    code=$?
    kill -0 "$daemon" 2>/dev/null || exit "$code"
done
