"""Helpers for tests of the ledger, the recorder and the views: short ways to facts, and a recorder on a real file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from prometheus_client.parser import text_string_to_metric_families

from obsd.facts import (
    CommitKind,
    CommitMade,
    Evidence,
    Fact,
    FileChanged,
    Operation,
    Unmeasured,
    WorkspaceAdded,
)
from obsd.ledger import Ledger
from obsd.recorder import Recorder, Sample
from obsd.views import Views, ViewSettings

T = TypeVar("T")

T0 = 1_800_000_000.0
"""The moment at which the tests' stories begin."""


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self, now: float = T0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def added(workspace: str = "w", at: float = T0, path: str = "/srv/w") -> WorkspaceAdded:
    """A workspace on the register."""
    return WorkspaceAdded(at=at, workspace=workspace, path=path)


def changed(
    path: str = "a.py",
    operation: Operation = "modified",
    lines: tuple[int, int] | None = (2, 1),
    *,
    at: float = T0,
    workspace: str = "w",
    file_type: str = "python",
    unmeasured: Unmeasured = "",
    previous_path: str = "",
) -> FileChanged:
    """A change of a file; `lines` are those added and removed."""
    added_lines, removed_lines = lines or (None, None)
    return FileChanged(
        at=at,
        workspace=workspace,
        path=path,
        operation=operation,
        file_type=file_type,
        lines_added=added_lines,
        lines_removed=removed_lines,
        unmeasured=unmeasured,
        previous_path=previous_path,
    )


def commit(
    number: int = 1,
    *,
    at: float = T0,
    workspace: str = "w",
    branch: str = "main",
    author: str = "Ada",
    agent: str = "unknown",
    evidence: Evidence = "none",
    kind: CommitKind = "commit",
    figures: tuple[int, int, int] = (3, 2, 1),
    committed_at: float | None = None,
    recovered: bool = False,
    subject: str = "feat: count",
) -> CommitMade:
    """A commit whose id is made of its number; `figures` are lines added and removed, and files."""
    return CommitMade(
        at=at,
        workspace=workspace,
        commit_id=object_id(number),
        branch=branch,
        author_name=author,
        author_email="ada@example.org",
        subject=subject,
        kind=kind,
        agent=agent,
        evidence=evidence,
        lines_added=figures[0],
        lines_removed=figures[1],
        files_changed=figures[2],
        committed_at=at if committed_at is None else committed_at,
        source="reflog" if recovered else "hook",
    )


def object_id(number: int) -> str:
    """A git object id."""
    return f"{number:040x}"


class OpenLedger(Ledger):
    """A ledger that lets a test at its connection."""

    @property
    def connection(self) -> sqlite3.Connection:
        """To trace, to break, or to ask what is of this connection alone."""
        return self._connection


def on_connection(recorder: Recorder, work: Callable[[sqlite3.Connection], T]) -> Awaitable[T]:
    """Does something with the connection of a `recording`, on the ledger's thread."""

    def query(ledger: Ledger) -> T:
        assert isinstance(ledger, OpenLedger)
        return work(ledger.connection)

    return recorder.query(query)


@asynccontextmanager
async def recording(
    path: Path,
    clock: Clock | None = None,
    settings: ViewSettings | None = None,
    sampler: Callable[[Views], Sample] | None = None,
    on_trouble: Callable[[str, str], None] | None = None,
) -> AsyncIterator[Recorder]:
    """A recorder on a ledger in a file, which is stopped at the end."""
    clock = clock or Clock()
    views = Views(clock, "1.2.3", settings)
    sample = sampler(views) if sampler is not None else None
    recorder = Recorder(OpenLedger.open(path), views, clock, sample=sample, on_trouble=on_trouble)
    await recorder.start()
    try:
        yield recorder
    finally:
        await recorder.stop()


def folded(facts: Sequence[Fact], settings: ViewSettings | None = None, clock: Clock | None = None) -> Views:
    """Views that saw facts, without a ledger."""
    views = Views(clock or Clock(), "1.2.3", settings)
    fold(views, *facts)
    return views


def fold(views: Views, *facts: Fact) -> list[Fact]:
    """Have views see facts; returns them with those that follow."""
    stage = views.stage()
    everything = stage.fold(facts)
    views.apply(stage)
    return everything


def scraped(views: Views) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """What a scrape gives, read by prometheus_client's own parser: (name, labels) to value."""
    text = views.metrics.exposition().decode("utf-8")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def number(views: Views, name: str, **labels: str) -> float | None:
    """One number of a scrape; the workspace is `w` unless it is given."""
    return scraped(views).get((name, frozenset({"workspace": "w", **labels}.items())))


def series(views: Views, name: str, label: str, workspace: str = "w") -> dict[str, float]:
    """The series of a metric of a workspace, by one label; those that share its value are added up."""
    found: dict[str, float] = {}
    for (sample, labels), value in scraped(views).items():
        named = dict(labels)
        if sample == name and named.get("workspace") == workspace:
            found[named[label]] = found.get(named[label], 0.0) + value
    return found


def limit_pages(recorder: Recorder, pages: int) -> Awaitable[object]:
    """Fill the disk, as far as SQLite can tell (0: make room)."""
    pragma = f"PRAGMA max_page_count = {pages or 1073741823}"
    return on_connection(recorder, lambda connection: connection.execute(pragma).fetchone())


def run(story: Callable[[Path], Coroutine[None, None, None]], path: Path) -> None:
    """Run a story that needs an event loop, and a path."""
    asyncio.run(asyncio.wait_for(story(path), 120))


def rows(path: Path, statement: str) -> list[tuple[object, ...]]:
    """What another process would read from the ledger now."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()
