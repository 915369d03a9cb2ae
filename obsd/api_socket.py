"""The API's socket for clients: finds out why nothing answers, where gRPC only reports UNAVAILABLE.

Owns no connection: `reach` opens one and closes it when it was accepted. Imports nothing of gRPC or HTTP/2, because a
hook's reporter uses this first and mostly needs no more. Runs on the caller's thread.
"""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from urllib.parse import quote

from obsd.errors import AlreadyRunning, DaemonUnreachable, InvalidRequest, NotPermitted, ObsdError, TimedOut
from obsd.text import printable

PUBLISHED_NAME = "socket"
START_HINT = "start it: `systemctl --user start obsd`, or run `obsd` in a terminal"


def target(path: Path) -> str:
    """Returns gRPC's name of a unix socket: a URI, so that `%`, `?` and `#` are quoted.

    Errors: InvalidRequest (socket_path_comma): for gRPC a comma ends an address, quoted or not.
    """
    if b"," in os.fsencode(path):
        raise InvalidRequest(
            "socket_path_comma",
            f"the socket's path contains a comma, which gRPC does not support: {printable(str(path))}",
            "choose another with --socket, or another runtime folder with $XDG_RUNTIME_DIR",
        )
    return "unix:" + quote(os.fsencode(path))


def publish(spool: Path, path: Path) -> None:
    """Writes the socket's path into the spool, so that a reporter finds it without any environment."""
    place = spool / PUBLISHED_NAME
    temporary = spool / f".{PUBLISHED_NAME}.{os.getpid()}"
    temporary.write_bytes(os.fsencode(path))
    temporary.replace(place)


def published(spool: Path) -> Path | None:
    """Returns the socket that the daemon last wrote into the spool, or None."""
    try:
        data = (spool / PUBLISHED_NAME).read_bytes()
    except OSError:
        return None
    return Path(os.fsdecode(data)) if data.startswith(b"/") and len(data) <= 4096 else None


def open_connection(path: Path, timeout_seconds: float = 5.0) -> socket.socket:
    """Returns a connection to the daemon that listens at `path`; it has that timeout.

    Errors: DaemonUnreachable (no_daemon), NotPermitted (socket_forbidden), TimedOut (daemon_busy).
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_seconds)
        connection.connect(os.fsencode(path))
    except OSError as error:
        connection.close()
        raise _explained(error, printable(str(path)), timeout_seconds) from None
    return connection


def reach(path: Path, timeout_seconds: float = 5.0) -> None:
    """Returns when a daemon listens at `path`. Errors: as `open_connection`."""
    open_connection(path, timeout_seconds).close()


def _explained(error: OSError, shown: str, timeout_seconds: float) -> Exception:
    if error.errno in (errno.EACCES, errno.EPERM):
        return NotPermitted(
            "socket_forbidden",
            f"no permission to use the daemon's socket {shown}",
            "it belongs to another user: run obsctl as that user, or start an obsd of your own",
        )
    if isinstance(error, TimeoutError) or error.errno == errno.EAGAIN:
        return TimedOut(
            "daemon_busy",
            f"the daemon at {shown} accepted no connection within {timeout_seconds:g} s",
            "see its log: `journalctl --user -u obsd`, or the terminal in which it runs",
        )
    if error.errno == errno.ENOENT:
        return DaemonUnreachable("no_daemon", f"no daemon answers: {shown} does not exist", START_HINT)
    if error.errno == errno.ECONNREFUSED:
        return DaemonUnreachable("no_daemon", f"no daemon answers: nothing listens at {shown}", START_HINT)
    return DaemonUnreachable("no_daemon", f"no daemon answers at {shown}: {error.strerror or error}", START_HINT)


def refuse_live(path: Path) -> None:
    """Raises AlreadyRunning if a program serves there: gRPC would replace its socket silently."""
    try:
        reach(path, timeout_seconds=1.0)
    except ObsdError:
        return
    raise AlreadyRunning(
        "already_running",
        f"another program serves at {printable(str(path))}",
        "end it, or choose another place with --socket",
    )
