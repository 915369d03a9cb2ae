"""A day at a glance equals what is counted from the record itself, and is compared with the day before."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from obsd.analysis.day import Day, DayScope, Period
from obsd.authorship.facts import WriterSeen
from obsd.facts import AnomalySeen, Fact, RuleBroken, RuleKept, Ticked, WorkDiscarded
from obsd.facts.telemetry import AgentDeclared, AgentSessionSeen
from obsd.ledger import Ledger, SessionRow, day_queries
from obsd.ledger.rows import ChangeRow
from obsd.recorder import Recorder
from tests.unit.recording import T0, Clock, added, changed, commit, on_connection, recording, run

HOUR = 3600.0
DAY = 86_400.0
BEGIN = T0 // DAY * DAY
SCOPE = DayScope(Period(BEGIN + DAY, BEGIN + 2 * DAY), Period(BEGIN, BEGIN + DAY), BEGIN + 2 * DAY)


async def day_of(recorder: Recorder, scope: DayScope = SCOPE, most: int = 0) -> tuple[Day, list[SessionRow]]:
    return await day_queries.read(recorder.query, scope, most)


def two_days(seed: int) -> list[Fact]:
    """Changes of two workspaces by two agents, people and nobody known, and commits, at random times of two days."""
    chance = random.Random(seed)
    facts: list[Fact] = []
    for number, at in enumerate(sorted(BEGIN + chance.random() * 2 * DAY for _ in range(300))):
        workspace, name = chance.choice("vw"), f"{number}.py"
        author = chance.choice(["codex", "claude-code", "person", ""])
        if number % 10 == 0:
            facts.append(commit(number, at=at, workspace=workspace, agent=author or "unknown"))
            continue
        if author:
            facts.append(WriterSeen(at - 0.01, workspace, name, author))
        facts.append(changed(name, lines=(chance.randrange(1, 50), 1), at=at, workspace=workspace))
    return [*facts, Ticked(BEGIN + 2 * DAY, "")]


@pytest.mark.parametrize("workspace", ["", "w"])
def test_a_day_equals_the_record(tmp_path: Path, workspace: str) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(BEGIN)) as recorder:
            await recorder.record([added("v", BEGIN, "/v"), added("w", BEGIN, "/w")])
            for fact in two_days(7):
                await recorder.record([fact])
            changes = await recorder.query(lambda ledger: Ledger.changes(ledger))
            commits = await recorder.query(lambda ledger: Ledger.commits(ledger))
            sessions = await recorder.query(lambda ledger: Ledger.sessions(ledger))
            scope = DayScope(SCOPE.period, SCOPE.before, SCOPE.now, workspace)
            day, last = await day_of(recorder, scope)
        for before, period in ((False, scope.period), (True, scope.before)):
            ours = [row for row in changes if within(period, row.at) and workspace in ("", row.workspace)]
            made = [row for row in commits if within(period, row.committed_at) and workspace in ("", row.workspace)]
            check_figures(day, ours, len(made), before)
            ran = [
                row
                for row in sessions
                if row.last_at >= period.since and row.started_at < period.until and workspace in ("", row.workspace)
            ]
            assert day.whole(before=before).sessions == len(ran)
            if not before:
                assert [row.session_id for row in last] == [row.session_id for row in ran]
        slots = Counter[tuple[str, int]]()
        for row in changes:
            if within(scope.period, row.at) and workspace in ("", row.workspace):
                slots[row.workspace, int(row.at // 900)] += 1
        drawn = {(lane.workspace, slot): one.changes for lane in day.lanes.values() for slot, one in lane.slots.items()}
        assert {place: number for place, number in drawn.items() if number} == slots
        assert sum(one.commits for lane in day.lanes.values() for one in lane.slots.values()) == day.total.commits
        assert list(day.authors)[-1] == "unknown", "who is not known comes last"

    run(story, tmp_path / "ledger.sqlite3")


def check_figures(day: Day, changes: list[ChangeRow], commits: int, before: bool) -> None:
    """The figures of all authors are those of some changes and commits."""
    lines = Counter[str]()
    for row in changes:
        lines[row.agent or "unknown"] += row.lines_added or 0
    figures = {name: day.of(name, before=before) for name in day.authors}
    whole = day.whole(before=before)
    assert {name: own.lines_added for name, own in figures.items() if own.lines_added} == lines
    assert whole.changes == len(changes) == sum(own.changes for own in figures.values())
    assert whole.commits == commits == sum(own.commits for own in figures.values())
    known = lines["codex"] + lines["claude-code"]
    everything = sum(lines.values())
    assert whole.floor == pytest.approx(known / everything)
    assert whole.ceiling == pytest.approx((known + lines["unknown"]) / everything)


def within(period: Period, at: float) -> bool:
    return period.since <= at < period.until


def test_time_lines_of_a_week_and_of_a_record_that_is_gone_have_the_same_sums(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(BEGIN)) as recorder:
            await recorder.record([added("v", BEGIN, "/v"), added("w", BEGIN, "/w")])
            for fact in two_days(11):
                await recorder.record([fact])
            fine, _ = await day_of(recorder)
            week = DayScope(Period(BEGIN - 5 * DAY, BEGIN + 2 * DAY), Period(BEGIN - 12 * DAY, BEGIN - 5 * DAY), BEGIN)
            hours, _ = await day_of(recorder, week)
            gone = "DELETE FROM changes WHERE at < ?"
            await on_connection(recorder, lambda sql: sql.execute(gone, ((BEGIN + 1.5 * DAY) * 1000,)))
            pruned, _ = await day_of(recorder)
        assert (fine.slot_seconds, hours.slot_seconds, pruned.slot_seconds) == (900, 3600, 3600)
        for day in (fine, hours, pruned):
            slots = [slot for lane in day.lanes.values() for slot in lane.slots.values()]
            assert sum(slot.changes for slot in slots) == day.total.changes
            assert sum(slot.lines for slot in slots) == day.total.lines_added + day.total.lines_removed
            assert all(sum(slot.authors.values()) == slot.changes for slot in slots)
        assert pruned.total.changes == fine.total.changes, "the sums do not need the record"

    run(story, tmp_path / "ledger.sqlite3")


def test_a_session_counts_for_each_of_its_authors_and_its_time_ends_with_the_day(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(BEGIN)) as recorder:
            await recorder.record([added(at=BEGIN)])
            late = BEGIN + 2 * DAY - 60
            facts: list[Fact] = [WriterSeen(late, "w", "a.py", "codex"), changed(at=late)]
            facts += [WriterSeen(late + 50, "w", "b.py", "person"), changed("b.py", at=late + 50)]
            facts += [WriterSeen(late + 120, "w", "c.py", "person"), changed("c.py", at=late + 120)]
            await recorder.record([*facts, Ticked(late + 4000, "")])
            day, sessions = await day_of(recorder)
        assert [(row.session_id, row.duration_seconds) for row in sessions] == [("1", 120.0)]
        assert (day.total.sessions, day.total.session_seconds) == (1, 60.0)
        assert {name: one.figures.session_seconds for name, one in day.authors.items()} == {
            "codex": 60.0,
            "person": 60.0,
        }
        assert day.total_before.sessions == 0

    run(story, tmp_path / "ledger.sqlite3")


def test_cost_and_tokens_are_of_the_hours_in_which_they_were_received(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(BEGIN)) as recorder:
            await recorder.record([added(at=BEGIN), added("v", BEGIN, "/v")])
            seen = AgentSessionSeen(BEGIN, "w", "codex", "s1", "presence", BEGIN, BEGIN + 10)
            facts: list[Fact] = [seen]
            for hours, amount in ((23.5, 0.5), (24.5, 1.0), (47.9, 0.25)):
                at = BEGIN + hours * HOUR
                facts.append(AgentDeclared(at, "w", "codex", "s1", "cost_usd", (), amount))
                facts.append(AgentDeclared(at, "w", "codex", "s1", "tokens", ("input",), 1000 * amount))
            await recorder.record(facts)
            day, _ = await day_of(recorder)
            elsewhere, _ = await day_of(recorder, DayScope(SCOPE.period, SCOPE.before, SCOPE.now, "v"))
        assert (day.of("codex", before=False).cost_usd, day.of("codex", before=True).cost_usd) == (1.25, 0.5)
        assert (day.total.tokens, day.total_before.tokens) == (1250, 500)
        assert elsewhere.total.cost_usd is None

    run(story, tmp_path / "ledger.sqlite3")


def test_what_needs_attention_is_said_once_and_what_no_longer_does_last(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(BEGIN)) as recorder:
            await recorder.record([added(at=BEGIN)])
            at = BEGIN + DAY
            facts: list[Fact] = [RuleBroken(at - 10, "w", "uncommitted_files", "", "yesterday's")]
            facts += [RuleBroken(at + n, "w", "commit_message_length", f"{n:040x}", f"short {n}") for n in (1, 2)]
            facts += [
                RuleBroken(at + 3, "w", "uncommitted_minutes", "a.py", "old"),
                RuleKept(at + 4, "w", "uncommitted_minutes"),
            ]
            facts += [WorkDiscarded(at + n, "w", "reset", 2, 30) for n in (5, 6)]
            facts += [AnomalySeen(at + 7, "w", "lines", 900, 3, 90, 7.0, 300, "", "900 lines in 5 min")]
            await recorder.record(facts)
            day, _ = await day_of(recorder)
        assert [(one.kind, one.name, one.count, one.resolved) for one in day.attention] == [
            ("discard", "reset", 2, False),
            ("anomaly", "lines", 1, False),
            ("rule", "commit_message_length", 2, False),
            ("rule", "uncommitted_minutes", 1, True),
        ]
        assert day.attention[0].text == "60 uncommitted lines in 4 files discarded"
        assert day.attention[2].text == "short 2"

    run(story, tmp_path / "ledger.sqlite3")


def test_an_empty_ledger_has_an_empty_day(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(BEGIN)) as recorder:
            day, sessions = await day_of(recorder)
        assert (day.authors, day.lanes, day.attention, sessions, day.first_record) == ({}, {}, [], [], 0.0)
        assert day.total.is_empty
        assert day.total.floor is None

    run(story, tmp_path / "ledger.sqlite3")
