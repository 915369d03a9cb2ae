"""What goes to the daemon, and when: batches of changes, how the watcher is, answers to probes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict

from obsd.watcher.batch import Batch, Change
from obsd.watcher.events import EventReader
from obsd.watcher.protocol import Channel, Report
from obsd.watcher.rescans import Crawls, Done
from obsd.watcher.snapshot import State
from obsd.watcher.status import Status
from obsd.watcher.workspace_state import WorkspaceState

_PAUSE_SECONDS = 0.25
_STREAM_PAUSE_SECONDS = 1.0
_QUICK_BATCHES = 4.0
"""The first change goes at once, and so many batches follow it quickly; while a stream of edits lasts there is one a
second, because a transaction costs more than what is in it. A second without one gives a quick one back."""

_LONGEST_UNNAMED_SECONDS = 5.0
_MOST_AT_ONCE = 5_000
_MOST_BACKLOG_BYTES = 8 << 20
_PROGRESS_SECONDS = 0.25
_FORGOTTEN = (-1, 0, 0, "")

_DISCARDED_BY = {"stash": "stash", "checkout": "checkout", "other": "restore"}
"""What is not here aborts something, as a reset does: `merge --abort`, `rebase --abort`."""

Operation = Callable[[], str]


class Outbox:
    """Sends what was found. A daemon that does not keep up stops the comparisons, not the reading of events."""

    def __init__(
        self,
        channel: Channel,
        state: WorkspaceState,
        reader: EventReader,
        status: Status,
        crawls: Crawls,
        *,
        folders: bool = False,
    ) -> None:
        """With `folders` the daemon receives which folders have a watch."""
        self._channel = channel
        self._state = state
        self._reader = reader
        self._status = status
        self._crawls = crawls
        self._folders = folders
        self._last_flush = 0.0
        self._quick = _QUICK_BATCHES
        self._last_progress = 0.0
        self._unnamed_since: float | None = None
        self._asked = float("-inf")
        self._at_work = False
        self._reported: Report | None = None
        self._counted = (0, 0)

    @property
    def due(self) -> float | None:
        return self._last_flush + self._pause_seconds() if self._state.batch else None

    def _pause_seconds(self) -> float:
        return _PAUSE_SECONDS if self._quick >= 1 else _STREAM_PAUSE_SECONDS

    @property
    def blocked(self) -> bool:
        return self._channel.backlog_bytes > _MOST_BACKLOG_BYTES

    def first_scan(self) -> None:
        """What follows is a new snapshot, and the daemon drops the old one."""
        self._state.batch.begins = True

    def awaits_name(self, now: float, operation: Operation, at_work: Callable[[], bool]) -> bool:
        """Whether a git `at_work` has still to write which command it is: the batch waits for that, but not long."""
        if not self._state.batch.unnamed or operation() != "other":
            self._unnamed_since = None
            return False
        if self._unnamed_since is None:
            self._unnamed_since = now
        if now >= self._asked + _PAUSE_SECONDS:
            self._asked = now
            self._at_work = now - self._unnamed_since < _LONGEST_UNNAMED_SECONDS and at_work()
        if self._at_work:
            self._last_flush = now
        return self._at_work

    def flush_if_due(self, now: float, operation: Operation) -> None:
        batch = self._state.batch
        if batch and (now >= self._last_flush + self._pause_seconds() or len(batch) >= _MOST_AT_ONCE):
            self._quick = min(_QUICK_BATCHES, self._quick + now - self._last_flush) - 1
            self.flush(operation)

    def flush(self, operation: Operation) -> None:
        """Sends the batch; `operation` names what git did, and is asked only if git did anything."""
        batch = self._state.batch
        if not batch:
            return
        self._state.batch = Batch()
        self._last_flush = time.monotonic()
        self._channel.send(
            "batch",
            {
                "at": time.time(),
                "changes": [_change(change) for change in batch.changes],
                "states": [_row(path, state) for path, state in batch.states.items()],
                **_by_git(batch, operation),
                "begins": batch.begins,
                "complete": batch.complete,
            },
        )
        self.report()

    def rescanned(self, done: Done, operation: Operation) -> None:
        """A rescan is over: sent after what it found."""
        self._state.batch.complete = True
        self.flush(operation)
        self._channel.send("rescanned", done.reason, done.seconds, done.differences)
        self.report()

    def answer(self, tokens: Sequence[str], operation: Operation) -> None:
        """Answers probes, behind all that was found before."""
        self.flush(operation)
        self.report()
        for token in tokens:
            self._channel.send("probed", token)

    def progress(self, now: float) -> None:
        """Tells now and then how far a crawl has come."""
        if now >= self._last_progress + _PROGRESS_SECONDS:
            self._last_progress = now
            self.report()

    def report(self) -> None:
        """Tells how the watcher is, if that is another than before."""
        came, went = self._state.tree.news()
        if self._folders and (came or went):
            self._channel.send("folders", came, went)
        state, detail = self._status.state()
        counted = (self._reader.count, self._reader.overflows)
        events, overflows = counted[0] - self._counted[0], counted[1] - self._counted[1]
        report = Report(
            state=state,
            detail=detail,
            watches=len(self._state.tree),
            watch_limit=self._status.watch_limit,
            folders_scanned=self._crawls.folders,
            events=events,
            overflows=overflows,
        )
        if events or report != self._reported:
            self._channel.send("state", asdict(report))
            self._reported = report
            self._counted = counted


def _by_git(batch: Batch, operation: Operation) -> dict[str, list[tuple[object, ...]]]:
    """The files that git wrote and the work that it discarded, each by operation."""
    unnamed = operation() if batch.unnamed else ""
    discards: dict[str, list[int]] = {}
    for each in batch.discards:
        sums = discards.setdefault(each.operation or _DISCARDED_BY.get(unnamed, "reset"), [0, 0])
        sums[0] += each.files
        sums[1] += each.lines
    files = Counter(batch.git_files)
    written = files.pop("", 0)
    restored = discards.get("restore", [0])[0] if unnamed == "other" else 0
    files["restore"] += min(written, restored)
    files[unnamed] += written - min(written, restored)
    return {
        "git": [(name, count) for name, count in files.items() if count],
        "discards": [(name, *sums) for name, sums in discards.items()],
    }


def _change(change: Change) -> tuple[object, ...]:
    return (
        change.operation,
        change.path,
        change.added,
        change.removed,
        change.unmeasured,
        change.previous,
        change.content_id,
        change.edit,
        change.at,
    )


def _row(path: str, state: State | None) -> tuple[object, ...]:
    if state is None:
        return (path, *_FORGOTTEN)
    return (path, state.size_bytes, state.ctime_ns, state.inode, state.content_id.hex())
