"""What a program writes, taken as it comes: into bounded memory, whatever a repository makes it write.

Owns the pipes of a child from its start to its end. Blocking, on one thread: a reader has no other.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable
from typing import IO

_PART = 1 << 16
_MAX_ERROR_BYTES = 1 << 16
"""Of what it writes to stderr; the rest is read and dropped, so that it does not wait."""


class TooMuchOutput(Exception):
    """It wrote more than is taken."""


class Bounded:
    """Takes what is written, up to `max_bytes`; one more raises TooMuchOutput."""

    def __init__(self, max_bytes: int) -> None:
        self._left = max_bytes
        self._parts: list[bytes] = []

    def take(self, part: bytes) -> None:
        """Takes the next bytes. Raises TooMuchOutput."""
        self._left -= len(part)
        if self._left < 0:
            raise TooMuchOutput
        self._parts.append(part)

    def value(self) -> bytes:
        """All that was taken."""
        return b"".join(self._parts)


def converse(child: subprocess.Popen[bytes], stdin: bytes, take: Callable[[bytes], None], seconds: float) -> bytes:
    """Feeds a child and hands what it writes to `take`, part by part, until it has ended; returns the begin of stderr.

    A child whose output is too much, or that takes too long, is killed. Raises TooMuchOutput, whatever else `take`
    raises, and subprocess.TimeoutExpired.
    """
    deadline = time.monotonic() + seconds
    try:
        with child, _Pipes(child, stdin, take) as pipes:
            while pipes.open:
                pipes.serve(_left(child, deadline, seconds))
            child.wait(_left(child, deadline, seconds))
    except BaseException:
        child.kill()
        child.wait()
        raise
    return bytes(pipes.errors)


def _left(child: subprocess.Popen[bytes], deadline: float, seconds: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        # Killed here: leaving the `with` of a Popen waits for it.
        child.kill()
        raise subprocess.TimeoutExpired(child.args, seconds)
    return left


class _Pipes:
    def __init__(self, child: subprocess.Popen[bytes], stdin: bytes, take: Callable[[bytes], None]) -> None:
        self.errors = bytearray()
        self._child = child
        self._rest = memoryview(stdin)
        self._take = take
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> _Pipes:
        stdin, stdout, stderr = self._child.stdin, self._child.stdout, self._child.stderr
        if stdin is None or stdout is None or stderr is None:
            raise ValueError("a child without pipes")
        self._selector.register(stdout, selectors.EVENT_READ, self._from_stdout)
        self._selector.register(stderr, selectors.EVENT_READ, self._from_stderr)
        if self._rest:
            # A pipe takes a part at a time, and a child that writes before it reads must not hold both up.
            os.set_blocking(stdin.fileno(), False)
            self._selector.register(stdin, selectors.EVENT_WRITE, self._to_stdin)
        else:
            stdin.close()
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._selector.close()
        if kind is not None:
            # Before the pipes are closed, which a child could wait for with more to say.
            self._child.kill()

    @property
    def open(self) -> bool:
        return bool(self._selector.get_map())

    def serve(self, seconds: float) -> None:
        """What is ready now; waits for it so long."""
        for key, _ in self._selector.select(seconds):
            key.data(key.fileobj)

    def _to_stdin(self, pipe: IO[bytes]) -> None:
        try:
            self._rest = self._rest[os.write(pipe.fileno(), self._rest[:_PART]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._rest = self._rest[:0]
        if not self._rest:
            self._end(pipe)

    def _from_stdout(self, pipe: IO[bytes]) -> None:
        part = os.read(pipe.fileno(), _PART)
        if part:
            self._take(part)
        else:
            self._end(pipe)

    def _from_stderr(self, pipe: IO[bytes]) -> None:
        part = os.read(pipe.fileno(), _PART)
        if not part:
            self._end(pipe)
        elif len(self.errors) < _MAX_ERROR_BYTES:
            self.errors += part

    def _end(self, pipe: IO[bytes]) -> None:
        self._selector.unregister(pipe)
        pipe.close()
