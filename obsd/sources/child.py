"""The watcher of one workspace, through all the lives of its process: start, heartbeat, backoff, stop.

On the event loop, in one task. What the process finds is recorded as facts, in the order in which it came.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from obsd.config import WatchConfig
from obsd.errors import ObsdError, Unavailable
from obsd.facts import Fact, ProbeReturned, Rescanned, WatcherReported, WatcherRestarted, WatchState
from obsd.host import journald, paths
from obsd.host.clock import suspended_seconds
from obsd.recorder import Recorder
from obsd.sources.fork_client import ForkClient, Process
from obsd.sources.watcher_connection import WatcherLink, not_running
from obsd.sources.watcher_decoding import facts_of
from obsd.tasks.supervision import cancel, log_failure, supervise
from obsd.text import printable
from obsd.watcher.protocol import Frame, Settings, encode_settings
from obsd.workspaces.workspace import Workspace

log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
_STEADY_SECONDS = 60.0
"""A watcher that ran for so long starts with the shortest pause again."""

_HEARTBEAT_SECONDS = 60.0
_SUSPEND_SECONDS = 1.0
_ANSWER_SECONDS = 30.0
_SILENCE_SECONDS = 75.0
_END_SECONDS = 1.0
_ROWS_A_FRAME = 5_000
_CRASHES = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGILL, signal.SIGFPE})
"""What libgit2 ends with on a damaged repository."""


@dataclass(frozen=True, slots=True)
class WatcherStatus:
    """How a watcher is; `pid` is 0 while none runs."""

    state: WatchState
    detail: str = ""
    watches: int = 0
    pid: int = 0
    restarts: int = 0
    folders_scanned: int = 0
    rescans: int = 0
    last_rescan: Rescanned | None = None


class Child:
    """One workspace's watcher. `signals` are called with what the watcher says: `head`, `worktrees` and, where somebody
    wants to know, `folders`."""

    def __init__(
        self,
        workspace: Workspace,
        recorder: Recorder,
        forks: ForkClient,
        config: WatchConfig,
        runtime_dir: Path,
        signals: Mapping[str, Callable[..., None]],
    ) -> None:
        self.status = WatcherStatus("starting")
        self._workspace = workspace
        self._recorder = recorder
        self._forks = forks
        self._config = config
        self._folder = runtime_dir / "watchers" / os.urandom(8).hex()
        self._own = tuple(os.path.realpath(folder) for folder in (runtime_dir, paths.state_dir()))
        self._signals = signals
        self._link: WatcherLink | None = None
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._new_settings = False
        self._careful = False
        self._stopping = False

    # ----- from outside

    def start(self) -> None:
        self._task = supervise(f"the watcher of {self._workspace.name}", self._live)

    async def ready(self) -> None:
        """Returns when the first scan is over, or it is known why there is none."""
        await self._ready.wait()

    async def probe(self) -> float:
        """Raises Unavailable when the watcher does not run, or ends meanwhile."""
        if self._link is None:
            raise not_running(self._workspace.name)
        seconds = await self._link.probe()
        await self._recorder.record([ProbeReturned(time.time(), self._workspace.name, seconds)])
        return seconds

    def reconfigure(self, config: WatchConfig) -> None:
        """Times are taken over at once; other settings by a new process, which catches up."""
        old, self._config = self._config, config
        if self._link is None or old == config:
            return
        times = config.settle_seconds, config.max_delay_seconds
        if replace(old, settle_seconds=times[0], max_delay_seconds=times[1]) == config:
            self._link.send("configure", *times)
        else:
            self._new_settings = True
            self._link.close()

    async def stop(self, seconds: float) -> None:
        """Has it send what it has, then ends it; kills it after `seconds`."""
        self._stopping = True
        if self._task is None:
            return
        if self._link is not None:
            with contextlib.suppress(TimeoutError, Unavailable):
                await asyncio.wait_for(self.probe(), seconds / 2)
            self._link.close()
        done, _ = await asyncio.wait({self._task}, timeout=seconds / 2)
        if not done:
            self._forks.kill(self.status.pid)
            await cancel(self._task)
        shutil.rmtree(self._folder, ignore_errors=True)

    # ----- its lives

    async def _live(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        reason = "start"
        while not self._stopping:
            began = time.monotonic()
            cause = await self._one_life(reason)
            reason = "restart"
            if self._stopping:
                return
            if self._new_settings:
                self._new_settings = False
                continue
            if time.monotonic() - began > _STEADY_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            await self._ended(cause, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _one_life(self, reason: str) -> str:
        """Runs one process to its end; returns how it ended."""
        link = WatcherLink(self._workspace.name)
        try:
            process = await link.open(lambda end: self._forks.watch(end, self._workspace.name))
        except OSError as error:
            return f"it could not be started: {error}"
        self._link = link
        self.status = replace(self.status, pid=process.pid)
        heartbeats = supervise(f"the heartbeat of {self._workspace.name}", lambda: self._heartbeat(link, process.pid))
        failure = ""
        try:
            await self._send_known(link, reason)
            await link.listen(self._take)
        except Exception as error:  # noqa: BLE001 - most are the ledger's; the next process finds what is lost now
            failure = f"its connection failed: {error.message if isinstance(error, ObsdError) else repr(error)}"
            log_failure(log, f"{self._workspace.name}: the connection to the watcher failed", error)
        finally:
            self._link = None
            link.close()
            heartbeats.cancel()
        code = await self._exit_code(process)
        self._careful = code is not None and -code in _CRASHES
        return failure or _how(code)

    async def _send_known(self, link: WatcherLink, reason: str) -> None:
        name = self._workspace.name
        rows, known = await self._recorder.query(lambda ledger: (ledger.known_files(name), ledger.has_tree(name)))
        for start in range(0, len(rows) if known else 0, _ROWS_A_FRAME):
            part = rows[start : start + _ROWS_A_FRAME]
            link.send("known", [(row.path, row.size_bytes, row.ctime_ns, row.inode, row.content_id) for row in part])
        link.write(encode_settings(self._settings(known, reason)))

    def _settings(self, known: bool, reason: str) -> Settings:
        config = self._config
        return Settings(
            root=self._workspace.path,
            probe_dir=str(self._folder / "probe"),
            settle_seconds=config.settle_seconds,
            max_delay_seconds=config.max_delay_seconds,
            max_measured_bytes=config.max_measured_bytes,
            baseline_bytes=config.baseline_bytes,
            exclude=config.exclude,
            own=self._own,
            known=known,
            objects=not self._careful,
            reason=reason,
            folders="folders" in self._signals,
        )

    async def _take(self, frame: Frame) -> None:
        facts = facts_of(self._workspace.name, frame)
        for fact in facts:
            if isinstance(fact, WatcherReported):
                self._reported(fact)
            elif isinstance(fact, Rescanned):
                self._rescanned(fact)
        if facts:
            await self._recorder.record(facts)
        if frame[0] == "restart" and self._link is not None:
            self._new_settings = True
            self._link.close()
        react = self._signals.get(frame[0])
        if react is not None:
            react(*frame[1:])

    def _reported(self, report: WatcherReported) -> None:
        if (report.state, report.detail) != (self.status.state, self.status.detail):
            level = logging.WARNING if report.state in ("degraded", "failed") else logging.INFO
            detail = f": {report.detail}" if report.detail else ""
            name = self._workspace.name
            log.log(level, "%s: %s%s", name, report.state, printable(detail), extra=journald.fields("", name))
        self.status = replace(
            self.status,
            state=report.state,
            detail=report.detail,
            watches=report.watches,
            folders_scanned=report.folders_scanned,
        )
        if report.state != "starting":
            self._ready.set()

    def _rescanned(self, rescan: Rescanned) -> None:
        doubt = rescan.reason in ("overflow", "unknown_watch", "suspend", "root_changed")
        log.log(
            logging.WARNING if doubt else logging.DEBUG,
            "%s: the whole workspace was rescanned (%s): %d differences in %.2f s",
            *(self._workspace.name, rescan.reason, rescan.changes, rescan.duration_seconds),
            extra=journald.fields("rescanned", self._workspace.name),
        )
        self.status = replace(self.status, rescans=self.status.rescans + 1, last_rescan=rescan)

    async def _heartbeat(self, link: WatcherLink, pid: int) -> None:
        """Sends a probe; its answer proves the whole path. All watchers are asked at once, so that the processor wakes
        up once for all."""
        asleep = suspended_seconds()
        while True:
            await asyncio.sleep(_HEARTBEAT_SECONDS - time.monotonic() % _HEARTBEAT_SECONDS)
            before, asleep = asleep, suspended_seconds()
            if asleep - before > _SUSPEND_SECONDS:
                link.send("rescan", "suspend")  # not every file system reports what others did in the meantime
            link.send("heartbeat")
            try:
                await asyncio.wait_for(self.probe(), _ANSWER_SECONDS)
            except (ObsdError, TimeoutError):
                pass  # the silence below tells whether it is the watcher that does not answer
            if time.monotonic() - link.last_frame_at > _SILENCE_SECONDS:
                log.warning("%s: the watcher does not answer; it is ended", self._workspace.name)
                self._forks.kill(pid)

    async def _ended(self, cause: str, pause: float) -> None:
        detail = f"the watcher ended ({cause}); restarting"
        restarts = self.status.restarts + 1
        self.status = replace(
            self.status, state="failed", detail=detail, watches=0, pid=0, folders_scanned=0, restarts=restarts
        )
        now, name = time.time(), self._workspace.name
        log.warning("%s: %s in %.0f s", name, detail, pause, extra=journald.fields("watcher_restarted", name))
        self._ready.set()
        facts: list[Fact] = [WatcherRestarted(now, name, cause), WatcherReported(now, name, "failed", detail)]
        try:
            await self._recorder.record(facts)
        except ObsdError as error:
            log_failure(log, f"{name}: that its watcher ended is not recorded", error)

    async def _exit_code(self, process: Process) -> int | None:
        """The connection has ended: the process has, or is stuck and is made to."""
        done, _ = await asyncio.wait({process.exit}, timeout=_END_SECONDS)
        if not done:
            self._forks.kill(process.pid)
            done, _ = await asyncio.wait({process.exit}, timeout=_END_SECONDS)
        return process.exit.result() if done else None


def _how(code: int | None) -> str:
    if code is None:
        return "exit status unknown"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
