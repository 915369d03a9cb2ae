"""One watcher process as the daemon has it: its connection, its heartbeat, its backoff, its last words.

On the event loop. One task a child runs through its lives; frames are recorded one after the other, so an answer to
a probe is behind everything that was found before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from obsd.config import WatchConfig
from obsd.errors import Unavailable
from obsd.facts import Fact, ProbeReturned, WatcherReported, WatcherRestarted, WatchState
from obsd.forkclient import ForkClient
from obsd.recorder import Recorder
from obsd.registry import Workspace
from obsd.text import printable
from obsd.watcher.protocol import LENGTH, Frame, Settings, encode, encode_settings
from obsd.watcher_facts import facts_of

log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
_STEADY_SECONDS = 60.0
"""A watcher that ran for so long starts with the shortest pause again."""

_BEAT_SECONDS = 10.0
_PROBE_EVERY_BEATS = 3
_SILENCE_SECONDS = 60.0
_ROWS_A_FRAME = 5_000
_MOST_FACTS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class WatcherStatus:
    """How a watcher is; `pid` is 0 while none runs."""

    state: WatchState
    detail: str = ""
    watches: int = 0
    pid: int = 0
    restarts: int = 0
    folders_scanned: int = 0


class Child:
    """The watcher of one workspace, through all its lives."""

    def __init__(
        self,
        workspace: Workspace,
        recorder: Recorder,
        forks: ForkClient,
        config: WatchConfig,
        runtime_dir: Path,
        on_head_moved: Callable[[], None],
        on_worktrees_changed: Callable[[], None],
    ) -> None:
        self.status = WatcherStatus("starting")
        self._workspace = workspace
        self._recorder = recorder
        self._forks = forks
        self._config = config
        self._folder = runtime_dir / "watchers" / f"{os.urandom(8).hex()}"
        self._signals = {"head": on_head_moved, "worktrees": on_worktrees_changed}
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._probes: dict[str, asyncio.Future[None]] = {}
        self._exit: asyncio.Future[int | None] | None = None
        self._heard = 0.0
        self._stopping = False

    # ----- from outside

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._live())

    async def ready(self) -> None:
        """Returns when the first look is over, or it is known why there is none."""
        await self._ready.wait()

    async def probe(self) -> float:
        """Raises Unavailable when the watcher does not run, or ends meanwhile."""
        if self._writer is None:
            raise self._not_running()
        token = os.urandom(8).hex()
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._probes[token] = answer
        started = time.monotonic()
        try:
            self._send("probe", token)
            await answer
        finally:
            self._probes.pop(token, None)
        seconds = time.monotonic() - started
        await self._record([ProbeReturned(time.time(), self._workspace.name, seconds)])
        return seconds

    def reconfigure(self, config: WatchConfig) -> None:
        old, self._config = self._config, config
        times = config.settle_seconds, config.max_delay_seconds
        if replace(old, settle_seconds=times[0], max_delay_seconds=times[1]) == config:
            self._send("configure", *times)
        elif self._writer is not None:
            self._writer.close()  # it ends, and the next one has the new settings

    def exited(self, code: int | None) -> None:
        """The process is gone; None: nobody knows how."""
        if self._exit is not None and not self._exit.done():
            self._exit.set_result(code)

    async def stop(self, seconds: float) -> None:
        """Has it send what it has, then ends it; kills it after `seconds`."""
        self._stopping = True
        if self._task is None:
            return
        if self._writer is not None:
            with contextlib.suppress(TimeoutError, Unavailable):
                await asyncio.wait_for(self.probe(), seconds / 2)
            self._writer.close()
        done, _ = await asyncio.wait({self._task}, timeout=seconds / 2)
        if not done:
            self._forks.kill(self.status.pid)
            self._task.cancel()
            await asyncio.wait({self._task})
        shutil.rmtree(self._folder, ignore_errors=True)

    # ----- its lives

    async def _live(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        reason = "start"
        while not self._stopping:
            began = time.monotonic()
            cause = await self._one_life(reason)
            if self._stopping:
                return
            if time.monotonic() - began > _STEADY_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            await self._ended(cause, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            reason = "restart"

    async def _one_life(self, reason: str) -> str:
        """Runs one process to its end; returns how it ended."""
        self._exit = asyncio.get_running_loop().create_future()
        try:
            reader = await self._fork(reason)
        except (OSError, ConnectionError) as error:
            return f"it could not be started: {error}"
        beats = asyncio.get_running_loop().create_task(self._beat())
        try:
            await self._listen(reader)
        finally:
            beats.cancel()
            self._disconnect()
        return _how(await self._exit_code())

    async def _fork(self, reason: str) -> asyncio.StreamReader:
        ours, theirs = socket.socketpair()
        with theirs:
            reader, self._writer = await asyncio.open_unix_connection(sock=ours)
            try:
                pid = await self._forks.watch(theirs)
            except OSError:
                self._disconnect()
                raise
        self._heard = time.monotonic()
        self.status = replace(self.status, pid=pid)
        await self._send_known(reason)
        return reader

    async def _send_known(self, reason: str) -> None:
        name = self._workspace.name
        rows, known = await self._recorder.query(
            lambda ledger: (ledger.known_files(name), ledger.has_tree(name))
        )
        for start in range(0, len(rows) if known else 0, _ROWS_A_FRAME):
            part = rows[start : start + _ROWS_A_FRAME]
            self._send(
                "known", [(row.path, row.size_bytes, row.mtime_ns, row.inode, row.content_id) for row in part]
            )
        self._write(encode_settings(self._settings(known, reason)))

    def _settings(self, known: bool, reason: str) -> Settings:
        config = self._config
        return Settings(
            root=self._workspace.path,
            probe_dir=str(self._folder / "probe"),
            scratch_dir=str(self._folder / "scratch"),
            settle_seconds=config.settle_seconds,
            max_delay_seconds=config.max_delay_seconds,
            max_measured_bytes=config.max_measured_bytes,
            baseline_bytes=config.baseline_bytes,
            exclude=config.exclude,
            known=known,
            reason=reason,
        )

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Records what comes until the connection ends; frames that wait together are recorded together."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                frame = await _read(reader)
                self._heard = time.monotonic()
                await self._take(frame)

    async def _take(self, frame: Frame) -> None:
        facts = facts_of(self._workspace.name, frame)
        for fact in facts:
            if isinstance(fact, WatcherReported):
                self._reported(fact)
        if facts:
            await self._record(facts)
        kind = frame[0]
        if kind == "probed":
            self._answer(frame[1])
        elif kind in self._signals:
            self._signals[kind]()

    def _reported(self, report: WatcherReported) -> None:
        if (report.state, report.detail) != (self.status.state, self.status.detail):
            level = logging.WARNING if report.state in ("degraded", "failed") else logging.INFO
            log.log(level, "%s: %s%s", self._workspace.name, report.state, printable(_colon(report.detail)))
        self.status = replace(
            self.status,
            state=report.state,
            detail=report.detail,
            watches=report.watches,
            folders_scanned=report.folders_scanned,
        )
        if report.state != "starting":
            self._ready.set()

    async def _beat(self) -> None:
        """Asks for a sign of life, and now and then for a probe: what answers, works the whole way."""
        number = 0
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            number += 1
            self._send("ping", number)
            if time.monotonic() - self._heard > _SILENCE_SECONDS:
                log.warning("%s: the watcher does not answer; it is ended", self._workspace.name)
                self._forks.kill(self.status.pid)
            if number % _PROBE_EVERY_BEATS == 0 and not self._probes:
                with contextlib.suppress(Unavailable):
                    await self.probe()

    async def _ended(self, cause: str, pause: float) -> None:
        self.status = replace(
            self.status,
            state="failed",
            detail=f"the watcher ended ({cause}); it is started again",
            pid=0,
            watches=0,
            restarts=self.status.restarts + 1,
        )
        name = self._workspace.name
        log.warning("%s: the watcher ended (%s); it is started again in %.0f s", name, cause, pause)
        self._ready.set()
        now = time.time()
        await self._record([
            WatcherRestarted(now, name, cause),
            WatcherReported(now, name, self.status.state, self.status.detail),
        ])  # fmt: skip

    # ----- the connection

    def _send(self, kind: str, *values: object) -> None:
        self._write(encode(kind, *values))

    def _write(self, data: bytes) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(data)

    def _disconnect(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for answer in self._probes.values():
            if not answer.done():
                answer.set_exception(self._not_running())

    async def _exit_code(self) -> int | None:
        """The connection has ended: the process has, or is stuck and is made to."""
        if self._exit is None:
            return None
        done, _ = await asyncio.wait({self._exit}, timeout=_FIRST_PAUSE_SECONDS)
        if not done:
            self._forks.kill(self.status.pid)
            done, _ = await asyncio.wait({self._exit}, timeout=_FIRST_PAUSE_SECONDS)
        return self._exit.result() if done else None

    def _answer(self, token: str) -> None:
        answer = self._probes.get(token)
        if answer is not None and not answer.done():
            answer.set_result(None)

    def _not_running(self) -> Unavailable:
        return Unavailable(
            "watcher_not_running",
            f"the watcher of {self._workspace.name} does not run",
            "`obsctl status` says why; it is started again by itself",
        )

    async def _record(self, facts: list[Fact]) -> None:
        await self._recorder.record(facts)


async def _read(reader: asyncio.StreamReader) -> Frame:
    (length,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
    frame: Frame = json.loads(await reader.readexactly(length))
    return frame


def _how(code: int | None) -> str:
    if code is None:
        return "nobody knows how"
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _colon(detail: str) -> str:
    return f": {detail}" if detail else ""
