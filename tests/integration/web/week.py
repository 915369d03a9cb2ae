"""A week of made-up activity in a ledger: two workspaces, two agents, people, and much that is not known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from obsd.authorship.facts import WriterSeen
from obsd.facts import (
    CommitOrigins,
    Fact,
    LinesKept,
    OriginLines,
    RuleBroken,
    Ticked,
    WorkDiscarded,
    WorkspaceAdded,
)
from obsd.facts.editors import SuggestionEnded
from obsd.facts.telemetry import AgentDeclared, AgentSessionSeen
from tests.unit.recording import Clock, changed, commit, object_id, recording

DAYS = 7
HOUR = 3600.0
HOSTILE = "src/<script>alert(1)</script>&'\"\u202e\x1b[31m.py"
LONG = "src/" + "a_very_long_folder_name_without_end/" * 4 + "файл_с_длинным_именем_日本語.py"
WRITERS = (
    ("claude-code", "claude-1", "node"),
    ("codex", "codex-1", "codex"),
    ("person", "", "vim"),
    ("unknown", "", ""),
)


KEPT = ((1, "codex", 20, 20), (7, "codex", 40, 30), (7, "person", 1500, 1200), (30, "before", 9, 8))
"""What each workspace kept."""


def fill(ledger_file: Path, workspaces: dict[str, Path]) -> None:
    """Writes the week into a ledger that no daemon has open; it ends a few minutes ago."""
    ledger_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    asyncio.run(_fill(ledger_file, workspaces, time.time()))


async def _fill(ledger_file: Path, workspaces: dict[str, Path], now: float) -> None:
    clock = Clock(now - DAYS * 24 * HOUR)
    async with recording(ledger_file, clock) as recorder:
        added = [WorkspaceAdded(clock.now, name, str(path)) for name, path in workspaces.items()]
        await recorder.record(added)
        for at, facts in _days(list(workspaces), now):
            clock.now = at
            await recorder.record(facts)
        clock.now = now - 60
        await recorder.record([LinesKept(clock.now, name, KEPT) for name in workspaces])
        await recorder.record([Ticked(clock.now, "")])


def _days(names: list[str], now: float) -> Iterator[tuple[float, list[Fact]]]:
    number = 0
    for hour in range(DAYS * 24, 0, -1):
        at = now - hour * HOUR + 600
        if time.localtime(at).tm_hour < 7 and hour > 12:
            continue
        busy = [name for place, name in enumerate(names) if (hour + place) % 3]
        for minute in range(0, 40, 4):
            for name in busy:
                number += 1
                yield at + 60 * minute, list(_change(number, at + 60 * minute, name))
        for place, name in enumerate(busy):
            yield at + 2400, list(_commit(number - place, at + 2400, name))


def _change(number: int, at: float, name: str) -> Iterator[Fact]:
    agent, session, program = WRITERS[number % 7 % len(WRITERS)]
    path = (f"obsd/module_{number % 23}.py", HOSTILE, LONG, f"docs/page_{number % 5}.md")[number % 11 % 4]
    if agent != "unknown":
        yield WriterSeen(at, name, path, agent, session, program)
    yield changed(path, lines=(number % 40 + 1, number % 9), at=at, workspace=name)


def _commit(number: int, at: float, name: str) -> Iterator[Fact]:
    agent = WRITERS[number % 3][0]
    subject = f"feat: the {number}th thing is counted <b>now</b>"
    yield commit(
        number, at=at, workspace=name, agent=agent, evidence="environment", figures=(30, 4, 3), subject=subject
    )
    origins = (
        OriginLines(agent, "writer", 15),
        OriginLines(agent, "editor", 5),
        OriginLines("unknown", "none", 6),
        OriginLines("before", "none", 4),
    )
    yield CommitOrigins(at, name, object_id(number), origins, origins)
    yield SuggestionEnded(at, name, "own.<b>" if number % 2 else "github.copilot", "accepted", 1, number % 4)
    yield SuggestionEnded(at, name, "own.<b>", "shown", 2, 0)
    if number % 5 == 0:
        yield RuleBroken(at, name, "commit_lines", object_id(number), "600 lines in one commit")
    if number % 9 == 0:
        yield WorkDiscarded(at, name, "reset", 2, 31)
    yield AgentSessionSeen(at, name, "claude-code", f"claude-{name}", "environment", at - 600, at)
    yield AgentDeclared(at, name, "claude-code", f"claude-{name}", "cost_usd", (), 0.25)
    yield AgentDeclared(at, name, "claude-code", f"claude-{name}", "lines", ("added",), 120)
    yield AgentDeclared(at, name, "claude-code", f"claude-{name}", "lines", ("removed",), 20)
    yield AgentDeclared(at, name, "claude-code", f"claude-{name}", "tokens", ("input",), 12_000)
