"""The daemon's side of the reader: one process for all workspaces, started, given what to mark, read, restarted.

On the event loop, in one task. Wiring it takes four things:

1. `WritersSource(forks.run, Settings(agents=…), hooks)`, where `hooks` are plain functions that are called on the loop:
   `seen` with a list of WriterSeen, `lost` with a WritersLost (what changed then has no `writer` evidence: `unknown`,
   unless another source speaks), `state` with a WritersState when it changes (for health, metrics and `status`).
2. `start()` after the fork server, `await stop()` before it.
3. `add(directories)` and `remove(directories)`, absolute and with links resolved, as the watchers watch and stop to
   watch them; `remove_below(root)` when a workspace goes. A folder that is moved is removed and added again, with all
   below it. Beside the working tree each workspace adds its git directory's `logs` folder: who moved HEAD is who ran
   that git (`WriterSeen.by_git`).
4. `await settle()` where everything that was written before must have been reported: `obsctl wait --settled`.

Sessions: `Settings.session_of` names a function, "module:function", that takes the process id of an agent and returns
its session's id or "". The reader imports and calls it, at the moment of the event; it must neither block nor raise.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from obsd.errors import Unavailable
from obsd.tasks import supervision
from obsd.watcher.protocol import LENGTH, Frame, encode
from obsd.writers.access import socket_path
from obsd.writers.marks import below
from obsd.writers.seen import WriterSeen, WritersLost, WritersState, decode_seen

MODULE, TITLE = "obsd.writers.reader", "obsd-reader"
_PATHS_A_FRAME = 2_000
_ENDED = WritersState(False, "ended", "the process that reads the kernel's word ended", "obsd restarts it by itself")


class Started(Protocol):
    """A process of the fork server."""

    @property
    def pid(self) -> int: ...


Start = Callable[[socket.socket, str, str], Awaitable[Started]]


@dataclass(frozen=True, slots=True)
class Settings:
    """`agents`: the configuration's own, each with the fields of the table; `socket`: the helper's, None: as usual."""

    agents: Sequence[dict[str, Any]] = ()
    socket: str | None = None
    session_of: str = ""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What is called on the loop."""

    seen: Callable[[list[WriterSeen]], None]
    lost: Callable[[WritersLost], None]
    state: Callable[[WritersState], None] = field(default=lambda state: None)


class WritersSource:
    """The reader through all its lives. `state` is how it is now."""

    def __init__(self, start: Start, settings: Settings, hooks: Hooks) -> None:
        self.state = WritersState(False)
        self._start = start
        self._settings = settings
        self._hooks = hooks
        self._directories: dict[str, None] = {}
        self._probes: dict[str, asyncio.Future[None]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._received_at = 0.0
        self._stopping = False

    def start(self) -> None:
        """Starts the process; directories may be added before."""
        self._task = supervision.supervise("the kernel's word on writers", self._live)

    def add(self, directories: Iterable[str]) -> None:
        """Has the writers in these directories named."""
        new = list(directories)
        self._directories.update(dict.fromkeys(new))
        self._send_paths("add", new)

    def remove(self, directories: Iterable[str]) -> None:
        """Ends it for these directories."""
        gone = list(directories)
        for path in gone:
            self._directories.pop(path, None)
        self._send_paths("remove", gone)

    def remove_below(self, root: str) -> None:
        """Ends it for a directory and all below it."""
        for path in below(root, self._directories):
            del self._directories[path]
        self._send("remove_below", root)

    async def settle(self) -> None:
        """Returns when all earlier reports of the kernel are received. Raises Unavailable if the reader ends."""
        if self._writer is None or self._writer.is_closing():
            raise _not_running()
        token = os.urandom(8).hex()
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._probes[token] = answer
        try:
            self._send("probe", token)
            await answer
        finally:
            del self._probes[token]

    async def stop(self) -> None:
        """Ends the process; it ends with its connection."""
        self._stopping = True
        await supervision.cancel(self._task)

    async def _live(self) -> None:
        """Runs one process, from its start to its end, which is always a failure: it is restarted after a pause."""
        try:
            await self._one_life()
        finally:
            if not self._stopping:
                if self.state.up:
                    self._hooks.lost(WritersLost(self._received_at, time.time()))
                self._changed(_ENDED)
        raise _not_running()

    async def _one_life(self) -> None:
        """Runs one process to its end. Raises Unavailable when none can be started, ValueError for a bad frame."""
        ours, theirs = socket.socketpair()
        reader, self._writer = await asyncio.open_unix_connection(sock=ours)
        try:
            with theirs:
                try:
                    await self._start(theirs, MODULE, TITLE)
                except OSError as error:
                    raise _not_running() from error
            settings = self._settings
            path = settings.socket or socket_path()
            start = {"agents": list(settings.agents), "socket": path, "session_of": settings.session_of}
            self._send("start", start)
            self._send_paths("add", list(self._directories))
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    self._take(await _frame(reader))
        finally:
            self._writer.close()
            self._writer = None
            for answer in self._probes.values():
                if not answer.done():
                    answer.set_exception(_not_running())

    def _take(self, frame: Frame) -> None:
        kind, values = frame[0], frame[1:]
        self._received_at = time.time()
        if kind == "seen":
            self._hooks.seen(list(decode_seen(*values)))
        elif kind == "lost":
            self._hooks.lost(WritersLost(*values))
        elif kind == "state":
            self._changed(WritersState(**values[0]))
        elif kind == "probed":
            answer = self._probes.get(values[0])
            if answer is not None and not answer.done():
                answer.set_result(None)

    def _changed(self, state: WritersState) -> None:
        if state != self.state:
            self.state = state
            self._hooks.state(state)

    def _send_paths(self, kind: str, paths: Sequence[str]) -> None:
        for start in range(0, len(paths), _PATHS_A_FRAME):
            self._send(kind, paths[start : start + _PATHS_A_FRAME])

    def _send(self, kind: str, *values: object) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(encode(kind, *values))


def _not_running() -> Unavailable:
    return Unavailable("writers_not_read", "the kernel's word on who writes is not read now", "it is tried by itself")


async def _frame(reader: asyncio.StreamReader) -> Frame:
    (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    frame: Frame = json.loads(await reader.readexactly(length))
    return frame
