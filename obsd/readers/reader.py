"""One reader as the daemon has it: started when it is first asked, asked one thing at a time, killed when it is silent.

On the event loop. What it answers is data of a process that read what strangers wrote: bounded, and decoded as such.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from obsd.frames import LENGTH, Frame, decode, encode
from obsd.git.means import Means
from obsd.readers import values

SILENCE_SECONDS: Final = 10.0
"""libgit2 answers in milliseconds; git gets its own time on top."""
_END_SECONDS: Final = 1.0
_MOST_BYTES: Final = 64 << 20
_FROM_OUTSIDE: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
"""Somebody, or the kernel for want of memory, ended it: most often nothing that it read."""


class Process(Protocol):
    """A process that somebody started."""

    @property
    def exit(self) -> asyncio.Future[int | None]:
        """Its exit code when it has ended, negative for a signal; None: nobody knows it."""


StartReader = Callable[[socket.socket], Awaitable[tuple[Process, Callable[[], None]]]]
"""Starts a process on its end of a connection; gives it back with what kills it. Raises OSError."""


class Lost(Exception):
    """The reader did not answer. `blameless`: not by what it read, as far as one time tells; `killed`: from outside."""

    def __init__(self, how: str, blameless: bool = False, killed: bool = False) -> None:
        super().__init__(how)
        self.blameless = blameless
        self.killed = killed


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader said. `fault` is what was wrong with the files of the repository."""

    kind: str
    value: Any
    fault: str

    @property
    def unreadable(self) -> str:
        """Why the function could not read the repository; empty where it could, or failed otherwise."""
        return str(self.value[2]) if self.kind == "failed" and self.value[1] == "git_unreadable" else ""

    def result(self) -> Any:
        """The value, or what was raised instead."""
        if self.kind == "done":
            return values.decode(self.value)
        if self.kind == "failed":
            raise values.decode_error(self.value)
        raise RuntimeError(f"in a reader: {self.value}")


class Reader:
    """`ended` once it takes no more work."""

    def __init__(self, start: StartReader) -> None:
        self.ended = False
        self._start = start
        self._process: Process | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._kill: Callable[[], None] = lambda: None

    async def ask(self, name: str, means: Means, arguments: list[Any]) -> Answer:
        """Has a function run. Raises Lost, and then the process is none any more."""
        done = False
        try:
            await self._open()
            self._write(encode("run", name, means, arguments))
            answer = await self._answer()
            done = True
        except TimeoutError:
            raise Lost("git's files did not answer") from None
        except (asyncio.IncompleteReadError, ConnectionError, BrokenPipeError):
            raise await self._lost() from None
        except OSError as error:
            raise Lost(f"no reader could be started: {error}", blameless=True) from error
        except ValueError as error:
            raise Lost(f"the answer is none ({error})") from error
        finally:
            # Cancelled, or in the middle of an answer: nobody knows what it would say next.
            if not done:
                self.kill()
        return answer

    def close(self) -> None:
        """Lets it end by itself."""
        self.ended = True
        if self._writer is not None:
            self._writer.close()

    def kill(self) -> None:
        """Ends it whatever it does, and what it started."""
        self.close()
        self._kill()

    async def _open(self) -> None:
        if self._process is not None:
            return
        ours, theirs = socket.socketpair()
        with theirs:
            self._reader, self._writer = await asyncio.open_unix_connection(sock=ours)
            self._process, self._kill = await self._start(theirs)

    def _write(self, data: bytes) -> None:
        if self._writer is not None:
            self._writer.write(data)

    async def _answer(self) -> Answer:
        patience = SILENCE_SECONDS
        while True:
            kind, *rest = await asyncio.wait_for(self._frame(), patience)
            if kind == "alive":
                patience = SILENCE_SECONDS + float(rest[0])
                continue
            value, fault, tired = rest
            if tired:
                self.close()
            return Answer(str(kind), value, str(fault))

    async def _frame(self) -> Frame:
        if self._reader is None:
            raise ConnectionError
        (length,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
        if length > _MOST_BYTES:
            raise ValueError(f"{length} bytes")
        return decode(await self._reader.readexactly(length))

    async def _lost(self) -> Lost:
        """Why the connection ended."""
        if self._process is None:
            return Lost("no reader", blameless=True)
        done, _ = await asyncio.wait({self._process.exit}, timeout=_END_SECONDS)
        code = self._process.exit.result() if done else None
        if code is None:
            return Lost("the process is gone", blameless=True)
        if -code in _FROM_OUTSIDE:
            return Lost(f"the process that read it was killed (signal {-code})", blameless=True, killed=True)
        return Lost(
            f"git's files ended the process that read them (signal {-code})" if code < 0 else "the reader ended"
        )
