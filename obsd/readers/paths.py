"""Resolves paths that agents' records and others name, which may lead to a disk that does not answer.

Owns one process for it, started when it is first needed, and which places did not answer: whoever asks waits for a
moment once, and not again for that place until the process that waits for it has ended. On the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from obsd.errors import Unavailable
from obsd.git.means import MEANS
from obsd.host.real_paths import real_path
from obsd.readers import values
from obsd.readers.reader import Lost, Process, Reader, StartReader
from obsd.text import printable

ANSWER_SECONDS: Final = 3.0
"""A disk that works answers in milliseconds."""
PAUSE_SECONDS: Final = 60.0
IDLE_SECONDS: Final = 30.0
"""After which the process ends: most records name no path outside of workspaces."""
MOST_SILENT: Final = 4
"""Processes that wait for places that do not answer: then no other place is tried."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Silent:
    process: Process | None
    again_at: float


class PathResolver:
    """`clock` gives seconds."""

    def __init__(self, start_reader: StartReader, clock: Callable[[], float] = time.monotonic) -> None:
        self._start_reader = start_reader
        self._clock = clock
        self._turn = asyncio.Lock()
        self._reader: Reader | None = None
        self._process: Process | None = None
        self._silent: dict[str, _Silent] = {}
        self._idle: asyncio.TimerHandle | None = None

    async def resolve(self, path: str) -> str:
        """The path without links. Raises Unavailable (`path_not_answering`) where that is not to be known now."""
        async with self._turn:
            self._forget_those_that_ended()
            if len(self._silent) >= MOST_SILENT or any(_within(path, place) for place in self._silent):
                raise _unavailable(path)
            if self._idle is not None:
                self._idle.cancel()
            reader = await self._started_reader(path)
            try:
                found = await asyncio.wait_for(_ask(reader, path), ANSWER_SECONDS)
            except (TimeoutError, Lost) as error:
                place = _mount_of(path)
                log.warning("%s does not answer: what is there is not followed", printable(place))
                self._silent[place] = _Silent(self._process, self._clock() + PAUSE_SECONDS)
                self._reader = None
                raise _unavailable(path) from error
            self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._end)
            return found

    async def stop(self) -> None:
        """Ends the process, whatever it waits for."""
        if self._idle is not None:
            self._idle.cancel()
        self._end()

    def _end(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.kill()

    async def _started_reader(self, path: str) -> Reader:
        """The process, which has answered once: how long it takes to start is not what a disk takes."""
        if self._reader is None or self._reader.ended:
            self._process = None
            self._reader = Reader(self._started)
            try:
                await _ask(self._reader, "/")
            except Lost as error:
                self._reader = None
                raise _unavailable(path) from error
        return self._reader

    async def _started(self, connection: socket.socket) -> tuple[Process, Callable[[], None]]:
        self._process, kill = await self._start_reader(connection)
        return self._process, kill

    def _forget_those_that_ended(self) -> None:
        now = self._clock()
        for place, silent in tuple(self._silent.items()):
            if silent.again_at <= now and (silent.process is None or silent.process.exit.done()):
                del self._silent[place]


async def _ask(reader: Reader, path: str) -> str:
    answer = await reader.ask(values.name_of(real_path), MEANS[0], [values.encode(path)])
    return str(answer.result())


def _unavailable(path: str) -> Unavailable:
    return Unavailable("path_not_answering", f"{printable(path)} does not answer", "it is asked again by itself")


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith(place.rstrip("/") + "/")


def _mount_of(path: str) -> str:
    """The mount that a path is on as it is named, or the path itself where that is the root: a link leads elsewhere."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            places = [_unescaped(line.split(" ", 5)[4]) for line in file if line.count(" ") > 5]
    except OSError:
        places = []
    own = os.path.normpath(path)
    return max((place for place in places if place != "/" and _within(own, place)), key=len, default=own)


def _unescaped(place: str) -> str:
    """proc(5): space, tab, newline and backslash are octal."""
    for octal, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        place = place.replace(octal, character)
    return place
