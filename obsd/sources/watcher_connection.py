"""The connection to one watcher process, from its start to its end: frames out, frames in, probes answered.

On the event loop. Frames are handled one after the other, so an answer to a probe is behind everything that the
watcher found before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import time
from collections.abc import Awaitable, Callable

from obsd.errors import Unavailable
from obsd.sources.fork_client import Process
from obsd.watcher.protocol import LENGTH, Frame, encode

Take = Callable[[Frame], Awaitable[None]]


class WatcherLink:
    """One connection; `last_frame_at` is the monotonic time of its last frame."""

    def __init__(self, workspace: str) -> None:
        self.last_frame_at = time.monotonic()
        self._workspace = workspace
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._probes: dict[str, asyncio.Future[None]] = {}

    async def open(self, watch: Callable[[socket.socket], Awaitable[Process]]) -> Process:
        """Has the process started by `watch`, which gets its end of the connection. Raises OSError."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._reader, self._writer = await asyncio.open_unix_connection(sock=ours)
            try:
                return await watch(theirs)
            except OSError:
                self.close()
                raise

    def send(self, kind: str, *values: object) -> None:
        self.write(encode(kind, *values))

    def write(self, data: bytes) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(data)

    async def listen(self, take: Take) -> None:
        """Hands on every frame until the process closes its end."""
        if self._reader is None:
            return
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                frame = await _read(self._reader)
                self.last_frame_at = time.monotonic()
                await take(frame)
                if frame[0] == "probed":
                    self._answer(frame[1])

    async def probe(self) -> float:
        """Returns how long a probe took to come back. Raises Unavailable when the process ends before."""
        if self._writer is None or self._writer.is_closing():
            raise not_running(self._workspace)
        token = os.urandom(8).hex()
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._probes[token] = answer
        started = time.monotonic()
        try:
            self.send("probe", token)
            await answer
        finally:
            del self._probes[token]
        return time.monotonic() - started

    def close(self) -> None:
        """Ends the connection, and with it the process."""
        if self._writer is not None:
            self._writer.close()
        for answer in self._probes.values():
            if not answer.done():
                answer.set_exception(not_running(self._workspace))

    def _answer(self, token: str) -> None:
        answer = self._probes.get(token)
        if answer is not None and not answer.done():
            answer.set_result(None)


def not_running(workspace: str) -> Unavailable:
    """The error where a watcher is needed that does not run."""
    return Unavailable(
        "watcher_not_running",
        f"the watcher of {workspace} does not run",
        "`obsctl status` shows why; obsd restarts it by itself",
    )


async def _read(reader: asyncio.StreamReader) -> Frame:
    (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    frame: Frame = json.loads(await reader.readexactly(length))
    return frame
