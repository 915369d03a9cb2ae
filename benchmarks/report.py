"""What a report over 90 days costs, and how large a ledger of ten million changes and 50,000 commits is.

The ledger is filled through its own writer, in an order as it happens: ten workspaces, working days, bursts, 2,000
files each of which a few are edited most. Run with: python -m benchmarks report [OBSD_BENCH_CHANGES=10000000].
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import rig
from benchmarks.table import Row
from obsd.agents.table import AgentTable
from obsd.analysis.report import Report, Scope
from obsd.facts import AnomalySeen, CommitMade, Fact, FileChanged, Operation, WorkspaceAdded
from obsd.ledger import Ledger, report_queries
from obsd.views.state import SessionState, StateChanges

CHANGES = int(os.environ.get("OBSD_BENCH_CHANGES", "10000000"))
COMMITS = CHANGES // 200
DAYS = 90
WORKSPACES = 10
FILES = 2000
BATCH = 20_000
BEGIN = 1_800_000_000.0 // 86_400 * 86_400
END = BEGIN + DAYS * 86_400
_OPERATIONS: tuple[Operation, ...] = ("modified",) * 17 + ("created", "deleted", "renamed")
_TYPES = ("python", "go", "markdown", "typescript", "other")
_AGENTS = [agent.id for agent in AgentTable.build().agents[:4]]


def run() -> list[Row]:
    """Fill a ledger, weigh it, and report on it."""
    with rig.folder() as folder:
        begun = time.perf_counter()
        ledger = filled(folder / "ledger.sqlite3")
        seconds = time.perf_counter() - begun
        size = ledger.size_bytes() / 1e6
        rows = [
            Row("ledger", f"{CHANGES:,} changes and {COMMITS:,} commits", size, "MB", 500),
            Row("ledger", "written in batches, a change", seconds / CHANGES * 1e6, "µs"),
        ]
        for days, workspace, agent in ((90, "", ""), (90, "w3", ""), (90, "", _AGENTS[0]), (7, "", "")):
            what = f"report over {days} days" + (f", one of {WORKSPACES} workspaces" if workspace else "")
            what += ", one agent" if agent else ""
            scope = Scope(END - days * 86_400, END, workspace, agent)
            times = sorted(_seconds(ledger, scope) for _ in range(5))
            rows.append(Row("report", f"{what}, the slowest of 5", times[-1], "s", 1))
            rows.append(Row("report", f"{what}, median of 5", statistics.median(times), "s"))
        ledger.close()
    return rows


def _seconds(ledger: Ledger, scope: Scope) -> float:
    begun = time.perf_counter()
    report = Report(scope)
    for section in report_queries.SECTIONS:
        section(ledger.reporting, report)
    report_queries.finish(report)
    assert report.workspaces, "the report is empty"
    return time.perf_counter() - begun


def filled(path: Path, made: Callable[[list[Fact], int], list[Fact]] = lambda facts, first: facts) -> Ledger:
    """Returns a ledger that was filled; `made` makes what is written of a batch, which follows so many changes."""
    ledger = Ledger.open(path)
    chance = random.Random(20)
    ledger.append([WorkspaceAdded(BEGIN, f"w{n}", f"/srv/w{n}") for n in range(WORKSPACES)], StateChanges())
    number = 0
    for first in range(0, CHANGES, BATCH):
        facts = made(list(_batch(chance, first)), first)
        sessions = {}
        for workspace in range(WORKSPACES):
            number += 1
            sessions[number] = _session(chance, number, workspace, facts[0].at)
        ledger.append(facts, StateChanges(sessions=sessions))
    # As the daemon does each hour: weeks that are over are summed up, and nothing goes.
    while ledger.prune(END, retention_days=1000, max_bytes=1 << 40):
        pass
    return ledger


def _batch(chance: random.Random, first: int) -> Iterator[Fact]:
    for number in range(first, first + BATCH):
        at = BEGIN + number / CHANGES * (END - BEGIN)
        workspace = f"w{int(chance.random() ** 2 * WORKSPACES)}"
        # Squared twice: a few files get most of the edits.
        file = int(chance.random() ** 4 * FILES)
        yield FileChanged(
            at=at,
            workspace=workspace,
            path=f"src/package{file % 40}/module_{file}.py",
            operation=chance.choice(_OPERATIONS),
            file_type=_TYPES[file % len(_TYPES)],
            lines_added=int(chance.expovariate(0.1)),
            lines_removed=int(chance.expovariate(0.3)),
        )
        if number % 200 == 0:
            yield _commit(chance, number, at, workspace)
        if number % 50_000 == 0:
            yield AnomalySeen(at, workspace, "deletions", 412, 3, 21, 9.0, 300, "", "412 deletions in 5 min")


def _commit(chance: random.Random, number: int, at: float, workspace: str) -> CommitMade:
    agent = chance.choice(["unknown", "unknown", *_AGENTS])
    return CommitMade(
        at=at,
        workspace=workspace,
        commit_id=f"{number:040x}",
        branch="main",
        author_name="Ada Lovelace",
        author_email="ada@example.org",
        subject="feat: do the thing when that holds",
        kind="commit",
        agent=agent,
        evidence="none" if agent == "unknown" else "environment",
        lines_added=int(chance.expovariate(0.02)),
        lines_removed=int(chance.expovariate(0.05)),
        files_changed=1 + int(chance.expovariate(0.5)),
        committed_at=at,
        source="hook",
    )


def _session(chance: random.Random, number: int, workspace: int, at: float) -> SessionState:
    agents = {} if chance.random() < 0.5 else {chance.choice(_AGENTS): "environment"}
    return SessionState(
        number, f"w{workspace}", at, at + chance.expovariate(1 / 1800), True, 300, 40, 900, 300, 9, agents=agents
    )
