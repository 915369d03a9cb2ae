"""The user's side of the helper: asks it for descriptors, and believes nothing that it could not have made.

Owns finding the socket, the look at who serves it, and the words for why there is nothing. Blocks for up to two
seconds; no state.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from obsd.errors import ObsdError
from obsd.host import namespaces
from obsd.writers import connector
from obsd.writers.handover import (
    MAX_BYTES,
    MAX_DEVICES,
    SOCKET_PATH,
    Answer,
    BadMessage,
    Request,
    decode_answer,
    encode_request,
)

_PATIENCE_SECONDS = 2.0
_CREDENTIALS = struct.Struct("3i")
_INSTALL_HINT = (
    "sudo apt install obsd-writers && sudo usermod -aG obsd-writers $USER; elsewhere root runs: obsd-writers"
)
_CONTAINED_HINT = "a container needs the helper of the machine: its socket mounted, and --pid=host; docs/containers.md"


class NoAccess(ObsdError):
    """The kernel cannot be asked here; `reason` is stable: no_helper, not_trusted, not_allowed, kernel, limit, …"""

    status = "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Access:
    """What was handed over: a fanotify group for each device, and a connector, or why there is none."""

    groups: dict[int, int]
    connector: socket.socket | None = None
    without_connector: str = ""

    def close(self) -> None:
        for group in self.groups.values():
            os.close(group)
        if self.connector is not None:
            self.connector.close()


def socket_path() -> str:
    """Where the helper is looked for: `$OBSD_WRITERS_SOCKET`, or where the package has it."""
    return os.environ.get("OBSD_WRITERS_SOCKET") or SOCKET_PATH


def ask(devices: Iterable[int], with_connector: bool = True, path: str | None = None) -> Access:
    """Asks the helper. Raises NoAccess."""
    request = Request(tuple(sorted(set(devices)))[:MAX_DEVICES], with_connector)
    descriptors: list[int] = []
    with _connected(path or socket_path()) as connection:
        try:
            connection.sendall(encode_request(request))
            data, descriptors, _, _ = socket.recv_fds(connection, MAX_BYTES, MAX_DEVICES + 1)
            answer = decode_answer(data)
        except TimeoutError as error:
            raise _broken("it does not answer") from error
        except (OSError, BadMessage) as error:
            _close(descriptors)
            raise _broken(str(error)) from error
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    if answer.reason:
        _close(descriptors)
        raise NoAccess(answer.reason, answer.message, answer.hint)
    return _take(request, answer, descriptors)


def _connected(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.settimeout(_PATIENCE_SECONDS)
    try:
        connection.connect(path)
        _, uid, _ = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    except (FileNotFoundError, ConnectionRefusedError) as error:
        connection.close()
        raise NoAccess("no_helper", f"nothing serves {path}", _install_hint()) from error
    except OSError as error:
        connection.close()
        raise NoAccess("no_helper", f"{path} cannot be reached: {error.strerror or error}", _install_hint()) from error
    if uid != 0:
        connection.close()
        text = f"{path} is served by user {uid}, and not by root"
        raise NoAccess("not_trusted", text, "unset OBSD_WRITERS_SOCKET, or have root serve it")
    return connection


def _install_hint() -> str:
    return _INSTALL_HINT if namespaces.all_processes_seen() else _CONTAINED_HINT


def _take(request: Request, answer: Answer, descriptors: Sequence[int]) -> Access:
    groups, rest = descriptors[: len(answer.devices)], descriptors[len(answer.devices) :]
    good = len(groups) == len(answer.devices) and len(rest) == answer.connector and all(map(_is_group, groups))
    subscribed = socket.socket(fileno=rest[0]) if good and rest and _is_socket(rest[0]) else None
    if not good or (answer.connector and (subscribed is None or not connector.is_connector(subscribed))):
        if subscribed is not None:
            subscribed.detach()
        _close(descriptors)
        raise _broken("what it handed over is not what it says")
    for group in groups:
        os.set_blocking(group, False)
    if subscribed is not None:
        subscribed.setblocking(False)
    elif request.connector:
        subscribed = _own_connector()
    why = "" if subscribed is not None else answer.without_connector
    return Access(dict(zip(answer.devices, groups, strict=True)), subscribed, why)


def _own_connector() -> socket.socket | None:
    """Since kernel 6.6 anybody may listen, in the first namespaces."""
    with contextlib.suppress(OSError):
        return connector.subscribe()
    return None


def _is_group(descriptor: int) -> bool:
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/self/fd/{descriptor}") == "anon_inode:[fanotify]"
    return False


def _is_socket(descriptor: int) -> bool:
    return stat.S_ISSOCK(os.fstat(descriptor).st_mode)


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _broken(what: str) -> NoAccess:
    return NoAccess("helper_broken", f"obsd-writers cannot be used: {what}", "use one version of obsd and obsd-writers")
