"""A report's figures are those of its sums, and those of the time before are of a report on that time."""

from __future__ import annotations

from pathlib import Path

import pytest

from obsd.analysis.report import Scope
from obsd.authorship.facts import WriterSeen
from obsd.facts import Fact, Ticked
from obsd.facts.telemetry import AgentDeclared, AgentSessionSeen
from obsd.ledger import report_periods
from tests.unit.recording import T0, Clock, added, changed, commit, recording, run

HOUR = 3600.0
BEGIN = T0 // 86_400 * 86_400


def hours() -> list[Fact]:
    """A change, a commit and a cost each hour of ten, by codex in even hours."""
    facts: list[Fact] = [added(at=BEGIN), AgentSessionSeen(BEGIN, "w", "codex", "s", "presence", BEGIN, BEGIN + 9)]
    for hour in range(10):
        at, name = BEGIN + hour * HOUR + 60, f"{hour}.py"
        if hour % 2 == 0:
            facts.append(WriterSeen(at - 1, "w", name, "codex"))
        facts.append(changed(name, lines=(hour + 1, 0), at=at))
        facts.append(commit(hour, at=at + 1, agent="codex" if hour % 2 == 0 else "unknown"))
        facts.append(AgentDeclared(at + 2, "w", "codex", "s", "cost_usd", (), 0.5))
    return [*facts, Ticked(BEGIN + 12 * HOUR, "")]


@pytest.mark.parametrize(("agent", "lines", "commits"), [("", (15, 11), 2), ("codex", (7, 5), 1)])
def test_figures_of_a_time_and_of_the_one_before(
    tmp_path: Path, agent: str, lines: tuple[int, int], commits: int
) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(BEGIN)) as recorder:
            await recorder.record(hours())
            scope = Scope(BEGIN + 6 * HOUR, BEGIN + 8 * HOUR, "w", agent)
            now, before = report_periods.periods(scope)
            found = await recorder.query(lambda ledger: ledger.reporting.figures(scope, now))
            earlier = await recorder.query(lambda ledger: ledger.reporting.figures(scope, before))
        assert (found.lines_added, earlier.lines_added) == lines
        for figures in (found, earlier):
            assert (figures.commits, figures.sessions, figures.cost_usd) == (commits, commits, 1.0)

    run(story, tmp_path / "ledger.sqlite3")


def test_a_time_begins_with_an_hour_and_the_one_before_ends_there() -> None:
    now, before = report_periods.periods(Scope(BEGIN + 90, BEGIN + 2 * HOUR))
    assert (now.since, now.until, before.until) == (BEGIN, BEGIN + 2 * HOUR, BEGIN)
    assert before.since == BEGIN - 2 * HOUR
