"""Single keys of a terminal, and the change of its size, for live views.

Owns the terminal's mode, and restores it however the view ends. Main thread only, because of the signal.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import tty
from types import FrameType, TracebackType
from typing import Any


class Keyboard:
    """Keys in a `with` block; where standard input is not a terminal it only waits."""

    def __init__(self) -> None:
        self._input = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else None
        self._before: Any = None
        self._wake_read, self._wake_write = os.pipe()

    def __enter__(self) -> Keyboard:
        os.set_blocking(self._wake_write, False)
        self._size_handler = signal.signal(signal.SIGWINCH, self._resized)
        if self._input is not None:
            self._before = termios.tcgetattr(self._input)
            tty.setcbreak(self._input)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._input is not None and self._before is not None:
            termios.tcsetattr(self._input, termios.TCSADRAIN, self._before)
        signal.signal(signal.SIGWINCH, self._size_handler)
        os.close(self._wake_read)
        os.close(self._wake_write)

    def key(self, timeout_seconds: float) -> str:
        """Returns the next key within a time; empty: none, or the terminal changed its size."""
        watched = [self._wake_read] if self._input is None else [self._wake_read, self._input]
        ready, _, _ = select.select(watched, [], [], timeout_seconds)
        if self._wake_read in ready:
            os.read(self._wake_read, 1024)
        if self._input is None or self._input not in ready:
            return ""
        pressed = os.read(self._input, 64)
        if not pressed:
            self._input = None  # the terminal is gone: nothing will come any more
        return pressed[:1].decode("ascii", "replace")

    def _resized(self, number: int, frame: FrameType | None) -> None:
        try:
            os.write(self._wake_write, b"\0")
        except BlockingIOError:
            pass  # it is awake already
