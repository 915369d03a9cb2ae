"""The reader's process: one for all workspaces of a daemon, so that the table of processes exists once.

It is hot, because short-lived writers are soon gone: what the kernel reports is read at once, and while much comes,
every few milliseconds. It keeps no event, argument or environment. The fork server starts it; it ends with the
connection.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import resource
import select
import socket
import time
from collections.abc import Iterable
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

from obsd.agents.table import AgentTable
from obsd.watcher.protocol import Channel, Frame
from obsd.writers.access import NoAccess
from obsd.writers.attribution import SessionOf
from obsd.writers.marks import below
from obsd.writers.observer import Observer
from obsd.writers.pace import Pace
from obsd.writers.seen import WritersState, encode_seen

_RETRY_SECONDS = 30.0
_MARK_SECONDS = 0.02
_BACKLOG_BYTES = 8 << 20
_REPORT_SECONDS = 1.0
_IDLE_MILLISECONDS = 10_000.0


class Reader:
    """The loop. Directories are marked between looks, so that a long list of them makes no queue overflow."""

    def __init__(self, connection: socket.socket) -> None:
        self._channel = Channel(connection)
        self._observer: Observer | None = None
        self._settings: dict[str, Any] = {}
        self._directories: dict[str, None] = {}
        self._waiting: dict[str, None] = {}
        self._probes: list[str] = []
        self._retry_at = 0.0
        self._refused: NoAccess | None = None
        self._reported: WritersState | None = None
        self._report_at = 0.0
        self._started = False
        self._poll = select.poll()
        self._registered: tuple[int, tuple[int, ...]] = (-1, ())
        self._seen = 0
        self._pace = Pace()

    def run(self) -> None:
        """Returns when the daemon closes the connection."""
        with contextlib.suppress(EOFError):
            while True:
                self._turn()

    def _turn(self) -> None:
        ready = self._wait()
        if self._channel.fileno() in ready:
            self._channel.flush()
            for frame in self._channel.receive():
                self._obey(frame)
        self._open(time.monotonic())
        observer = self._observer
        if observer is not None:
            if not self._blocked:
                self._seen = observer.look(None if self._probes else ready)
            if self._waiting:
                self._mark_some(observer)
        self._send()

    def _wait(self) -> set[int]:
        """Sleeps while there is nothing; after something, a little first."""
        if self._seen:
            self._seen = 0
            time.sleep(self._pace.pause_seconds())
        self._register()
        return {descriptor for descriptor, _ in self._poll.poll(self._timeout_milliseconds())}

    def _register(self) -> None:
        out = select.POLLOUT if self._channel.backlog_bytes else 0
        observed = () if self._observer is None or self._blocked else self._observer.descriptors()
        if (out, observed) == self._registered:
            return
        for descriptor in self._registered[1]:
            self._poll.unregister(descriptor)
        self._poll.register(self._channel.fileno(), select.POLLIN | out)
        for descriptor in observed:
            self._poll.register(descriptor, select.POLLIN)
        self._registered = out, observed

    @property
    def _blocked(self) -> bool:
        """A slow daemon must not make the reader grow: the kernel's queues overflow then, which is reported."""
        return self._channel.backlog_bytes > _BACKLOG_BYTES

    def _timeout_milliseconds(self) -> float | None:
        if self._observer is None:
            if not self._started or not self._directories:
                return None
            return max(0.0, self._retry_at - time.monotonic()) * 1000 + 1
        if self._waiting or self._probes:
            return 0.0
        due = self._observer.outgoing.due
        return _IDLE_MILLISECONDS if due is None else max(0.0, due - time.monotonic()) * 1000 + 1

    def _obey(self, frame: Frame) -> None:
        kind, values = frame[0], frame[1:]
        if kind == "start":
            self._settings = values[0]
            self._started = True
        elif kind == "add":
            self._directories.update(dict.fromkeys(values[0]))
            self._waiting.update(dict.fromkeys(values[0]))
        elif kind == "remove":
            self._remove(values[0])
        elif kind == "remove_below":
            marked = () if self._observer is None else self._observer.marks.below(values[0])
            self._remove([*below(values[0], self._directories), *marked])
        elif kind == "probe":
            self._probes.append(values[0])

    def _remove(self, paths: Iterable[str]) -> None:
        for path in paths:
            self._directories.pop(path, None)
            self._waiting.pop(path, None)
            if self._observer is not None:
                self._observer.unmark(path)

    def _open(self, now: float) -> None:
        """Asks the helper when there is something to ask for, and again every now and then: it may come later."""
        if self._observer is not None or not self._started or not self._directories or now < self._retry_at:
            return
        device = next((device for device in map(_device, self._directories) if device is not None), None)
        if device is None:
            return  # the next one that is added may be there
        self._retry_at = now + _RETRY_SECONDS
        settings = self._settings
        table = AgentTable.build(SimpleNamespace(**agent) for agent in settings.get("agents", ()))
        try:
            self._observer = Observer(table, _callable(settings.get("session_of", "")), device, settings.get("socket"))
        except NoAccess as error:
            self._refused = error
            return
        finally:
            self._report_at = now  # there is news, and perhaps nothing else for long
        self._refused = None
        self._waiting = dict.fromkeys(self._directories)
        gc.freeze()

    def _mark_some(self, observer: Observer) -> None:
        end = time.monotonic() + _MARK_SECONDS
        while self._waiting:
            for path in [path for path, _ in zip(self._waiting, range(200), strict=False)]:
                del self._waiting[path]
                observer.mark(path)
            if time.monotonic() >= end:
                return

    def _send(self) -> None:
        observer = self._observer
        if observer is not None:
            for lost in observer.lost:
                self._channel.send("lost", lost.since, lost.until)
            observer.lost.clear()
            due = observer.outgoing.due
            now = time.monotonic()
            if due is not None and (self._probes or now >= due):
                writers, rows = observer.outgoing.take(now)
                if rows:
                    self._channel.send("seen", *encode_seen(time.time(), writers, rows))
        if not self._waiting or observer is None:
            self._report()
            for token in self._probes:
                self._channel.send("probed", token)
            self._probes.clear()

    def _report(self) -> None:
        now = time.monotonic()
        if not self._started or (now < self._report_at and not self._probes):
            return
        self._report_at = now + _REPORT_SECONDS
        state = self._state()
        if state != self._reported:
            self._reported = state
            self._channel.send("state", asdict(state))

    def _state(self) -> WritersState:
        if self._observer is not None:
            return WritersState(True, directories=len(self._observer.marks), detail=self._observer.detail())
        if self._refused is not None:
            return WritersState(False, self._refused.reason, self._refused.message, self._refused.hint)
        return WritersState(False)


def _device(path: str) -> int | None:
    try:
        return os.stat(path).st_dev
    except OSError:
        return None


def _callable(name: str) -> SessionOf:
    """`module:function`, imported here so that the fork server need not know it."""
    if not name:
        return lambda pid: ""
    module, _, function = name.partition(":")
    found: SessionOf = getattr(importlib.import_module(module), function)
    return found


def run(connection: socket.socket) -> None:
    """What the fork server calls in a new process."""
    # Each event comes with a descriptor of its process.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    Reader(connection).run()
