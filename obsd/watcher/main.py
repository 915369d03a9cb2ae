"""A watcher process: waits for events and for the daemon, and steps the engine. Ends when the daemon is gone."""

from __future__ import annotations

import contextlib
import errno
import gc
import select
import socket
import time

from obsd.host import heap
from obsd.watcher import interruption
from obsd.watcher.engine import Engine
from obsd.watcher.inotify import Inotify, Queue
from obsd.watcher.mounts import Mounts
from obsd.watcher.protocol import Channel, Frame, Settings
from obsd.watcher.snapshot import Snapshot, State

_READ_PAUSE_SECONDS = 0.015
"""Reading rarely and much costs a quarter of reading at once. The first event is read at once, what follows after a
pause; the kernel's queue holds for longer than that even when one process does nothing but write."""

_STREAM_SECONDS = 1.0
_STREAM_PAUSE_SECONDS = 0.045
"""Where files have been waiting for so long without a break, reads wait for the first one that is due, up to this:
unless more comes than a few writers make."""


class Watcher:
    """The loop around one engine, which exists from the daemon's `start` on."""

    def __init__(self, connection: socket.socket) -> None:
        self._channel = Channel(connection)
        self._queue: Queue | None = None
        self._engine: Engine | None = None
        self._snapshot = Snapshot()
        self._poll = select.poll()
        self._asked = select.poll()
        self._pause = False
        self._waits_since = time.monotonic()
        self._mounts_fd = -1
        self._early: list[Frame] = []

    def run(self) -> None:
        """Returns when the daemon closes the connection."""
        interruption.install()
        self._poll.register(self._channel.fileno(), select.POLLIN)
        self._asked.register(self._channel.fileno(), select.POLLIN)
        with contextlib.suppress(EOFError):
            while True:
                self._turn()

    def _turn(self) -> None:
        if self._pause:
            self._pause = False
            self._rest()
        out = select.POLLOUT if self._channel.backlog_bytes else 0
        self._poll.modify(self._channel.fileno(), select.POLLIN | out)
        ready = {fd for fd, _ in self._poll.poll(self._timeout_milliseconds())}
        with interruption.no_wait_for_ever():
            self._work(ready)

    def _work(self, ready: set[int]) -> None:
        if self._queue is not None and (self._queue.holds or self._queue.fileno() in ready):
            self._read(self._queue)
        if self._engine is not None and self._mounts_fd in ready:
            self._engine.mounts_changed()
        if self._channel.fileno() in ready:
            self._channel.flush()
            for frame in self._channel.receive():
                self._obey(frame)
        if self._engine is not None:
            self._engine.step(time.monotonic())

    def _rest(self) -> None:
        """A pause between reads."""
        time.sleep(_READ_PAUSE_SECONDS)
        began = time.monotonic()
        if self._engine is None or self._queue is None or began - self._waits_since < _STREAM_SECONDS:
            return
        end = min(began - _READ_PAUSE_SECONDS + _STREAM_PAUSE_SECONDS, self._engine.deadline() or began)
        while time.monotonic() < end and self._queue.is_short and not self._asked.poll(0):
            time.sleep(_READ_PAUSE_SECONDS)

    def _timeout_milliseconds(self) -> float | None:
        if self._queue is not None and self._queue.holds:
            return 0.0
        deadline = None if self._engine is None else self._engine.deadline()
        return None if deadline is None else max(0.0, (deadline - time.monotonic()) * 1000 + 1)

    def _read(self, queue: Queue) -> None:
        if self._engine is None:
            return
        if not len(self._engine.debounce):
            self._waits_since = time.monotonic()
        buffer = queue.read()
        while buffer:
            self._engine.events(buffer, time.monotonic())
            buffer = queue.pumped()
        self._pause = len(self._engine.debounce) > 0

    def _pump(self) -> None:
        if self._queue is not None:
            self._queue.pump()

    def _drained(self) -> bool:
        return self._queue is None or self._queue.drained

    def _obey(self, frame: Frame) -> None:
        kind, values = frame[0], frame[1:]
        now = time.monotonic()
        if kind == "known":
            for path, size, ctime, inode, content_id in values[0]:
                self._snapshot.put(path, State(size, ctime, inode, bytes.fromhex(content_id)))
        elif kind == "start":
            self._start(Settings(**values[0]), now)
        elif self._engine is None:
            self._early.append(frame)  # the daemon may probe before it has read and sent the snapshot
        elif kind == "probe":
            self._engine.probe(values[0])
        elif kind == "heartbeat":
            self._heartbeat(self._engine, now)
        elif kind == "configure":
            self._engine.configure(*values)
        elif kind == "rescan":
            self._engine.rescan(values[0], now)

    def _start(self, settings: Settings, now: float) -> None:
        inotify = _open_inotify()
        if inotify is not None:
            self._queue = Queue(inotify)
            self._poll.register(inotify.fd, select.POLLIN)
        mounts = Mounts(settings.root)
        if mounts.fd is not None:
            self._mounts_fd = mounts.fd
            self._poll.register(mounts.fd, select.POLLPRI)
        self._engine = Engine(settings, self._channel, inotify, self._snapshot, self._pump, self._drained, mounts)
        self._engine.start(now)
        early, self._early = self._early, []
        for frame in early:
            self._obey(frame)
        gc.freeze()

    def _heartbeat(self, engine: Engine, now: float) -> None:
        if self._queue is None and (free := _open_inotify()) is not None:
            free.close()
            self._channel.send("restart")
        engine.heartbeat(now)
        heap.give_back()


def _open_inotify() -> Inotify | None:
    """None when the user has no instance left: the workspace is then scanned at intervals."""
    try:
        return Inotify()
    except OSError as error:
        if error.errno not in (errno.EMFILE, errno.ENFILE):
            raise
        return None


def run(connection: socket.socket) -> None:
    """What the fork server calls in a new process."""
    heap.bound(heap.CHILD_BYTES)
    Watcher(connection).run()
