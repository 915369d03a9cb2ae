"""A reader: a process that runs functions over repositories, one after the other, until the daemon closes its end.

Owns the child's side. It is forked from the fork server and single-threaded, so that libgit2 may block or crash as it
likes; the daemon's deadline (`pool.py`) ends it. A frame to it is ["run", function, means, [argument, …]]; it answers
with any number of ["alive", seconds], each of which asks for that much more time, then one of ["done", value, …],
["failed", [error's kind, reason, message, hint], …] and ["raised", text, …]. At the end of these stands what is no file
as git writes it (empty: all are), and whether this process has become too large and ends.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import socket
import traceback
from collections.abc import Callable
from typing import Any

from obsd.errors import ObsdError, Unavailable
from obsd.frames import LENGTH, Frame, decode, encode
from obsd.git import means, program
from obsd.host import heap
from obsd.readers import values

_MAX_RESIDENT_KIB = 96 * 1024
_MODULES = (
    *("commit_contents", "hook_install", "layout", "linked_worktrees", "reflog", "reflog_scan", "repository"),
    *("status", "without_reflog"),
)
"""What is imported before the fork, so that all readers share it."""


def prepare() -> None:
    """Imports what readers need. In the fork server, once."""
    for name in _MODULES:
        importlib.import_module(f"obsd.git.{name}")


def run(connection: socket.socket) -> None:
    """What the fork server calls in a new process."""
    # A group of its own: what it started goes with it when it is killed.
    os.setsid()
    # Of it and of each git alone.
    heap.bound(heap.CHILD_BYTES)
    with contextlib.suppress(EOFError, OSError):
        _Reader(connection).serve()


class _Reader:
    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(True)
        self._socket = connection
        program.run_in_reader(self._alive)

    def serve(self) -> None:
        """Returns when it is worn out. Raises EOFError when the daemon is gone."""
        while True:
            _, name, way, arguments = self._receive()
            means.begin(way)
            answer = self._answer(name, arguments)
            tired = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > _MAX_RESIDENT_KIB
            self._socket.sendall(encode(*answer, means.fault(), tired))
            if tired:
                return

    def _answer(self, name: str, arguments: list[Any]) -> tuple[Any, ...]:
        try:
            module, _, own = name.partition(":")
            fn: Callable[..., Any] = getattr(importlib.import_module(module), own)
            return "done", values.encode(fn(*(values.decode(one) for one in arguments)))
        except ObsdError as error:
            return "failed", values.encode_error(error)
        except (OSError, MemoryError) as error:
            why = error.strerror if isinstance(error, OSError) else "it takes more memory than a reader may use"
            text = f"the repository cannot be read: {why or error}"
            return "failed", values.encode_error(Unavailable("git_unreadable", text, "`git fsck` there shows more"))
        except Exception:  # noqa: BLE001 - it goes to the daemon, whose caller gets it
            return "raised", traceback.format_exc()

    def _alive(self, seconds: float) -> None:
        self._socket.sendall(encode("alive", seconds))

    def _receive(self) -> Frame:
        (length,) = LENGTH.unpack(self._exactly(LENGTH.size))
        return decode(self._exactly(length))

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return bytes(data)
