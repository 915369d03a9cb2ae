"""The command `obsd-writers`: hands fanotify groups and a process connector to users whom root allows them.

Owns the options, the socket and the exit code. Imports nothing but the standard library and the server. As root, or
with CAP_SYS_ADMIN (and CAP_NET_ADMIN) alone.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from obsd import __version__
from obsd.writers import policy
from obsd.writers.handover import SOCKET_PATH
from obsd.writers.helper_server import Server

IDLE_SECONDS = 60.0
_FIRST_PASSED = 3
_BACKLOG = 128
_FAILED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is idle or must end; returns the exit code."""
    options = parser().parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: sys.exit(0))
    try:
        with _listener(options.listen) as (listener, passed):
            idle = options.idle_seconds if options.idle_seconds is not None else (IDLE_SECONDS if passed else 0)
            Server(listener, Path(options.policy), idle).serve()
    except OSError as error:
        print(f"obsd-writers: {error}", file=sys.stderr)  # noqa: T201 it is the command's own
        return _FAILED
    return 0


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="obsd-writers",
        description="Hands over descriptors by which the kernel names the writers of files, to users whom root allows "
        "them. It reads no event, keeps nothing, and ends when it is idle. It serves the socket that systemd passes, "
        f"or else {SOCKET_PATH}.",
        allow_abbrev=False,
    )
    made.add_argument("--listen", metavar="PATH", help="serve this socket, in the foreground")
    made.add_argument("--policy", metavar="FILE", default=str(policy.PATH), help=f"who may (TOML; {policy.PATH})")
    made.add_argument(
        "--idle-seconds",
        metavar="SECONDS",
        type=float,
        help="end after so long without a request; 0: never (60 for a socket that was passed, else 0)",
    )
    made.add_argument("--version", action="version", version=f"obsd-writers {__version__}")
    return made


@contextlib.contextmanager
def _listener(path: str | None) -> Iterator[tuple[socket.socket, bool]]:
    """The socket to serve, and whether it was passed. One that is made here goes away with the command."""
    if path is None and os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1":
        with socket.socket(fileno=_FIRST_PASSED) as passed:
            yield passed, True
        return
    path = path or SOCKET_PATH
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as made:
        _remove_stale(path)
        if path == SOCKET_PATH:
            Path(path).parent.mkdir(mode=0o755, exist_ok=True)
        # Anybody may ask: who is given anything is the policy's affair, and the answer says how one would be.
        mask = os.umask(0o111)
        try:
            made.bind(path)
        finally:
            os.umask(mask)
        try:
            made.listen(_BACKLOG)
            yield made, False
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)


def _remove_stale(path: str) -> None:
    """Removes a socket that nobody serves any more. Raises OSError when somebody does, or it is no socket."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise FileExistsError(f"{path} is there, and is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
    raise FileExistsError(f"another obsd-writers serves {path}")


if __name__ == "__main__":
    sys.exit(main())
