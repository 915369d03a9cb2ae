"""What the daemon and a watcher say to each other, in frames (`obsd/frames.py`). The daemon is `obsd.sources`.

To the watcher: ["known", [row, …]] · ["start", {…}] · ["heartbeat"] · ["probe", token] · ["rescan", reason] ·
["configure", settle seconds, longest delay].
From it: ["batch", {…}] · ["state", {…}] · ["rescanned", reason, seconds, changes] · ["probed", token] ·
["folders", [prefix, …], [prefix, …]] (they have a watch now, they have none any more) · ["head"] (HEAD's log may have
grown) · ["worktrees"] (linked worktrees came or went) · ["restart"] (there is a queue of events for it again).
A row is [path, size, ctime, inode, content id].
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from obsd.facts import WatchState
from obsd.frames import LENGTH, Frame, decode, encode

__all__ = ["LENGTH", "Channel", "Frame", "Report", "Settings", "encode", "encode_settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a watcher has to know; `known`: whether a snapshot of an earlier watcher came before.

    Without `objects`, git's objects are not opened: reading them ended the watcher before.
    `own` are absolute folders that obsd itself writes to: never watched. With `folders` it says which have a watch.
    """

    root: str
    probe_dir: str
    settle_seconds: float
    max_delay_seconds: float
    max_measured_bytes: int
    baseline_bytes: int
    exclude: Sequence[str] = field(default_factory=tuple)
    own: Sequence[str] = field(default_factory=tuple)
    known: bool = False
    objects: bool = True
    reason: str = "start"
    folders: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """How a watcher is; `events` and `overflows` count since the last report."""

    state: WatchState
    detail: str
    watches: int
    watch_limit: int
    folders_scanned: int
    events: int
    overflows: int


def encode_settings(settings: Settings) -> bytes:
    """The frame that starts the watching."""
    return encode("start", asdict(settings))


class Channel:
    """The watcher's end: sends without blocking, and receives whole frames. Raises EOFError when the daemon is gone."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._socket.setblocking(False)
        self._incoming = bytearray()
        self._outgoing = bytearray()

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def backlog_bytes(self) -> int:
        """What the daemon has not taken yet."""
        return len(self._outgoing)

    def send(self, kind: str, *values: object) -> None:
        self._outgoing += encode(kind, *values)
        self.flush()

    def flush(self) -> None:
        """Sends what the daemon takes now."""
        while self._outgoing:
            try:
                sent = self._socket.send(self._outgoing)
            except BlockingIOError:
                return
            except OSError as error:
                raise EOFError from error
            del self._outgoing[:sent]

    def receive(self) -> Iterator[Frame]:
        """The frames that have arrived."""
        self._fill()
        while len(self._incoming) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._incoming)
            if len(self._incoming) < LENGTH.size + length:
                return
            body = bytes(self._incoming[LENGTH.size : LENGTH.size + length])
            del self._incoming[: LENGTH.size + length]
            yield decode(body)

    def _fill(self) -> None:
        while True:
            try:
                data = self._socket.recv(1 << 18)
            except BlockingIOError:
                return
            except OSError as error:
                raise EOFError from error
            if not data:
                raise EOFError
            self._incoming += data
