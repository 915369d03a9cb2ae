"""A restart is invisible: whatever happens, and whenever the daemon ends, the numbers are those of one long run."""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from obsd.facts import (
    EVIDENCE,
    GIT_OPERATIONS,
    OPERATIONS,
    CommitRewritten,
    Fact,
    GitChangedFiles,
    HookReported,
    ProbeReturned,
    Rescanned,
    Ticked,
    WatcherReported,
    WorkspaceRemoved,
)
from obsd.ledger import Ledger
from obsd.views import Views, ViewSettings
from tests.unit.recording import T0, Clock, added, changed, commit, object_id, recording

SETTINGS = ViewSettings(files_per_workspace=24, authors_per_workspace=2, branches_per_workspace=2)
EXAMPLES = int(os.environ.get("OBSD_RESTART_EXAMPLES", "30"))
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""What is proved here is not the disk, which would take most of the time."""
LIVE = ("obsd_watcher_up", "obsd_watches", "obsd_watch_limit")
"""These say how the watchers are now, and begin anew with the daemon."""

workspaces = st.sampled_from(["w", "v"])
names = st.sampled_from([*(f"{n}.py" for n in range(40)), "a\udcff\n", "é" * 300])
moments = st.integers(0, 900).map(lambda seconds: T0 + seconds)
lines = st.one_of(st.none(), st.tuples(st.integers(0, 2000), st.integers(0, 3)))


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """Any fact that moves numbers."""
    at, workspace = draw(moments), draw(workspaces)
    number = draw(st.integers(1, 9))
    place = {"at": st.just(at), "workspace": st.just(workspace)}
    fact: Fact = draw(
        st.one_of(
            *[st.builds(changed, names, st.sampled_from(OPERATIONS), lines, **place)] * 6,
            st.builds(
                commit,
                st.just(number),
                **place,
                author=st.sampled_from("abcd"),
                branch=st.sampled_from("mnop"),
                agent=st.sampled_from(["unknown", "codex", "claude-code"]),
                evidence=st.sampled_from(EVIDENCE),
                recovered=st.booleans(),
                committed_at=st.sampled_from([at, at - 50, at - 5000]),
            ),
            st.just(CommitRewritten(at, workspace, "amend", object_id(number), object_id(number + 1))),
            st.builds(GitChangedFiles, st.just(at), st.just(workspace), st.sampled_from(GIT_OPERATIONS), st.just(3)),
            st.just(WatcherReported(at, workspace, "watching", events=number)),
            st.just(Rescanned(at, workspace, "overflow", 0.1, 1)),
            st.just(ProbeReturned(at, workspace, 0.1)),
            st.just(HookReported(at, workspace, "known", "post-commit")),
            st.just(Ticked(at, "")),
            st.just(WorkspaceRemoved(at, workspace)),
            st.just(added(workspace, at)),
        )
    )
    return fact


def numbers(views: Views) -> list[object]:
    """What a scrape gives, without the cost of its text."""
    families = (family for family in views.metrics.registry.collect() if family.name not in LIVE)
    return [(sample.name, sample.labels, sample.value) for family in families for sample in family.samples]


async def tell(path: Path, runs: list[list[list[Fact]]]) -> tuple[list[object], list[object]]:
    """Record batches in several runs of the daemon; the numbers and the rows at the end."""
    clock = Clock()
    seen: list[object] | None = None
    found: list[object] = []
    # At the end no change waits for its author any more, however often the wait began anew.
    end: list[list[Fact]] = [[Ticked(T0 + 100_000, "")], [Ticked(T0 + 100_010, "")]]
    for batches in [*runs, end, []]:
        async with recording(path, clock, SETTINGS) as recorder:
            assert seen is None or seen == numbers(recorder.views)
            for batch in batches:
                await recorder.record(batch)
            seen = numbers(recorder.views)
            found = [*await recorder.query(Ledger.commits), *await recorder.query(_sessions)]
    return seen or [], found


def _sessions(ledger: Ledger) -> list[object]:
    return [*ledger.sessions(now=T0 + 1000)]


def assert_unchanged(runs: list[list[list[Fact]]]) -> None:
    """One long run, these runs, and each fact in a batch of its own come to the same."""
    start: list[list[Fact]] = [[added("w"), added("v", path="/srv/v")]]
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        once = asyncio.run(tell(Path(folder, "once"), [start + [batch for run in runs for batch in run]]))
        often = asyncio.run(tell(Path(folder, "often"), [start, *runs]))
        one_by_one = [[[fact] for batch in run for fact in batch] for run in runs]
        singly = asyncio.run(tell(Path(folder, "singly"), [start, *one_by_one]))
    assert often == once
    assert singly == once


# What explains a counterexample traces every line, and takes longer than the search for it.
@settings(deadline=None, max_examples=EXAMPLES, phases=[phase for phase in Phase if phase is not Phase.explain])
@given(st.lists(st.lists(st.lists(facts(), min_size=1, max_size=30), max_size=3), max_size=5))
def test_restarts_change_no_number(runs: list[list[list[Fact]]]) -> None:
    assert_unchanged(runs)


@pytest.mark.parametrize(
    "runs",
    [
        pytest.param(
            [[[changed()]], [[GitChangedFiles(T0 + 20, "w", "checkout", 3), WorkspaceRemoved(T0 + 21, "w")]]],
            id="a change waits for its author when its workspace is removed",
        ),
        pytest.param(
            [[[Ticked(T0 + 704, ""), WorkspaceRemoved(T0 + 372, "w"), changed(at=T0 + 322), Ticked(T0 + 567, "")]]],
            id="a change comes behind the removal of its workspace",
        ),
        pytest.param(
            [[[changed("16.py", "renamed", None, at=T0 + 673), WorkspaceRemoved(T0 + 273, "w")],
              [changed("16.py", "deleted", at=T0 + 445), commit(at=T0 + 670, committed_at=T0 - 4330, recovered=True)]]],
            id="a change and a commit of long ago come behind the removal",
        ),
    ],
)  # fmt: skip
def test_a_restart_that_once_changed_numbers(runs: list[list[list[Fact]]]) -> None:
    assert_unchanged(runs)
