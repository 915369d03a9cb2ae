"""When batches go: the first changes at once, those of a stream once a second, and none is forgotten."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from obsd.watcher import outbox
from obsd.watcher.baselines import Baselines
from obsd.watcher.batch import Change
from obsd.watcher.debounce import DebounceQueue
from obsd.watcher.outbox import Outbox
from obsd.watcher.snapshot import Snapshot
from obsd.watcher.watch_tree import Tree
from obsd.watcher.workspace_state import WorkspaceState


class Stage:
    """An outbox, with the test in the clock's and the channel's place."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.sent: list[tuple[float, int]] = []
        monkeypatch.setattr(outbox, "time", SimpleNamespace(monotonic=lambda: self.now, time=lambda: self.now))
        self.state = WorkspaceState(Tree("/nowhere", None), Snapshot(), Baselines(1), DebounceQueue(0.1, 1.0), 1)
        channel: Any = SimpleNamespace(send=self._send, backlog_bytes=0)
        counts: Any = SimpleNamespace(count=0, overflows=0)
        status: Any = SimpleNamespace(state=lambda: ("watching", ""), watch_limit=0)
        crawls: Any = SimpleNamespace(folders=0)
        self.outbox = Outbox(channel, self.state, counts, status, crawls)

    def _send(self, kind: str, *values: Any) -> None:
        if kind == "batch":
            self.sent.append((self.now, len(values[0]["changes"])))

    def change(self) -> None:
        self.state.batch.changes.append(Change("modified", "a", 1, 0))

    def run(self, seconds: float, changes: bool) -> list[tuple[float, int]]:
        """Hundredths of a second, each with a change or without one; what was sent."""
        before = len(self.sent)
        for _ in range(round(seconds * 100)):
            self.now += 0.01
            if changes:
                self.change()
            self.outbox.flush_if_due(self.now, lambda: "")
        return self.sent[before:]


def test_a_change_alone_goes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    for _ in range(10):
        stage.change()
        stage.outbox.flush_if_due(stage.now, lambda: "")
        assert stage.sent[-1] == (stage.now, 1)
        stage.now += 1.0


def test_a_stream_has_a_batch_a_second_and_ends_with_its_last_change(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.run(5.0, changes=True)
    steady = stage.run(30.0, changes=True)
    assert 29 <= len(steady) <= 31
    stage.run(1.1, changes=False)
    assert sum(changes for _, changes in stage.sent) == 3500
    assert stage.outbox.due is None


def test_after_a_stream_a_change_goes_at_once_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(monkeypatch)
    stage.run(10.0, changes=True)
    stage.run(5.0, changes=False)
    stage.change()
    stage.outbox.flush_if_due(stage.now, lambda: "")
    assert stage.sent[-1] == (stage.now, 1)
