"""Buffers of events become pending paths: the last event of each counts, and order matters where git's does."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsd.watcher.baselines import Baselines
from obsd.watcher.debounce import DebounceQueue, PendingPath
from obsd.watcher.events import EventReader
from obsd.watcher.snapshot import Snapshot
from obsd.watcher.watch_tree import Tree
from obsd.watcher.workspace_state import WorkspaceState
from tests.unit.watcher.test_records import record

MODIFY, ATTRIB, CLOSE, CREATE, DELETE = 0x2, 0x4, 0x8, 0x100, 0x200  # inotify(7)
GIT_WATCH, FOLDER_WATCH = 9, 1


class Git:
    """In the place of a git directory's watch: each of its events takes the lock, or gives it back."""

    def __init__(self) -> None:
        self.locked = 0
        self.held = False
        self.clean = SimpleNamespace(removes=lambda: True)

    def handle(self, watch: int, mask: int, name: bytes) -> bool:
        if watch == GIT_WATCH:
            self.locked = 1 - self.locked
        return watch == GIT_WATCH


def reader() -> tuple[EventReader, DebounceQueue]:
    inotify: Any = SimpleNamespace(add=lambda path, mask: FOLDER_WATCH)
    tree = Tree("/nowhere", inotify)
    tree.add(None, "")
    debounce = DebounceQueue(0.1, 1.0)
    state = WorkspaceState(tree, Snapshot(), Baselines(1), debounce, 1)
    git = Git()
    probes: Any = SimpleNamespace(watch=-1)
    return EventReader(state, probes, cast(Callable[[], Any], lambda: git), lambda: None), debounce


def as_seen(pending: PendingPath) -> tuple[object, ...]:
    return (
        pending.path,
        pending.mask,
        pending.git,
        pending.git_began,
        pending.open,
        pending.cleaned,
        pending.first,
        pending.last,
    )


MASKS = st.sampled_from([CREATE, MODIFY, CLOSE, ATTRIB, DELETE])
EVENTS = st.one_of(
    st.tuples(st.just(FOLDER_WATCH), MASKS, st.sampled_from([b"a", b"b", b"c"])),
    st.tuples(st.just(GIT_WATCH), st.just(CREATE), st.just(b"index.lock")),
)
STEPS = st.lists(st.one_of(st.lists(EVENTS, max_size=12), st.just("compare")), max_size=12)


@given(STEPS)
def test_many_events_at_once_come_to_the_same_as_one_by_one(steps: list[Any]) -> None:
    together, queue = reader()
    apart, other = reader()
    now = 10.0
    for step in steps:
        now += 0.03
        if step == "compare":
            now += 0.2
            assert [*map(as_seen, queue.due(now))] == [*map(as_seen, other.due(now))]
            continue
        records = [record(name, mask, watch=watch) for watch, mask, name in step]
        together.apply(b"".join(records), now)
        for each in records:
            apart.rest()  # nothing is known
            apart.apply(each, now)
    assert [*map(as_seen, queue.due(now + 10))] == [*map(as_seen, other.due(now + 10))]
    assert together.count == apart.count


@pytest.mark.parametrize(("last", "is_open"), [(MODIFY, True), (CLOSE, False), (CREATE, True), (ATTRIB, None)])
def test_a_file_is_open_after_a_write_until_it_is_closed(last: int, is_open: bool | None) -> None:
    events, debounce = reader()
    before = [record(b"a", CREATE), record(b"a", MODIFY), record(b"a", CLOSE)] * 2
    events.apply(b"".join(before), 10.0)
    events.apply(record(b"a", last), 10.05)
    (pending,) = debounce.due(11.0)
    assert pending.open is bool(is_open)
    assert pending.last == pytest.approx(10.05)
