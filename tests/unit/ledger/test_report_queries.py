"""A report equals what is counted from the record itself, whatever the time, and says nothing of other workspaces."""

from __future__ import annotations

import random
from collections import Counter
from functools import partial
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from obsd.analysis.report import Report, Scope, whole_and_rest
from obsd.authorship.facts import WriteRecorded, WriterSeen
from obsd.facts import OPERATIONS, AnomalySeen, CommitOrigins, Fact, OriginLines, Ticked
from obsd.ledger import Ledger, report_queries
from obsd.recorder import Recorder
from tests.unit.recording import T0, Clock, added, changed, commit, object_id, on_connection, recording, run

HOUR = 3600.0
DAY = 86_400.0
BEGIN = T0 // DAY * DAY


@given(st.integers(0, 500), st.integers(0, 500), st.sampled_from([7, 24]))
@settings(deadline=None)
def test_whole_times_and_their_rest_are_each_time_once(first: int, length: int, unit: int) -> None:
    last = first + length
    whole, rest = whole_and_rest(first, last, unit)
    covered = Counter(each for begin, end in rest for each in range(begin, end + 1))
    covered += Counter(each for long in range(whole[0], whole[1] + 1) for each in range(long * unit, (long + 1) * unit))
    assert covered == Counter(range(first, last + 1))


def history(seed: int, days: int = 40) -> list[Fact]:
    """Changes and commits of two workspaces at random times."""
    chance = random.Random(seed)
    moments = sorted(BEGIN + chance.random() * days * DAY for _ in range(600))
    facts: list[Fact] = []
    for number, at in enumerate(moments):
        workspace = chance.choice(["v", "w"])
        if number % 10 == 0:
            agent = chance.choice(["unknown", "codex"])
            facts.append(commit(number, at=at, workspace=workspace, agent=agent, committed_at=at))
        else:
            lines = (chance.randrange(50), chance.randrange(20))
            path, kind = chance.choice([("a.py", "python"), ("b.md", "markdown"), ("c", "other")])
            operation = chance.choice(OPERATIONS)
            facts.append(changed(path, operation, lines, at=at, workspace=workspace, file_type=kind))
    return facts


async def reported(recorder: Recorder, scope: Scope) -> Report:
    """The report that the API would give."""
    report = Report(scope)
    for section in report_queries.SECTIONS:
        await recorder.query(partial(_filled, report, section))
    return report_queries.finish(report)


def _filled(report: Report, section: report_queries.Section, ledger: Ledger) -> None:
    section(ledger.reporting, report)


def local_day(at: float, change_of_clocks: float) -> float:
    return (at + (-18_000 if at < change_of_clocks else -14_400)) // DAY


def test_a_report_equals_the_record(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        facts = history(1)
        async with recording(path, Clock(BEGIN)) as recorder:
            await recorder.record([added("v", BEGIN, "/v"), added("w", BEGIN, "/w")])
            for fact in facts:
                await recorder.record([fact])
            changes = await recorder.query(lambda ledger: Ledger.changes(ledger))
            commits = await recorder.query(lambda ledger: Ledger.commits(ledger))
            change_of_clocks = BEGIN + 20 * DAY + 6 * HOUR
            offsets = ((0.0, -18_000), (change_of_clocks, -14_400))
            for days, hours, workspace in ((39, 0, ""), (20, 5, "w"), (8, 23, "v"), (1, 2, ""), (0, 3, "w")):
                since = BEGIN + 40 * DAY - days * DAY - hours * HOUR
                report = await reported(recorder, Scope(since, BEGIN + 40 * DAY, workspace, offsets=offsets))
                chosen = [row for row in changes if row.at >= since and workspace in ("", row.workspace)]
                assert sum(share.sums.changes for share in report.workspaces) == len(chosen)
                for operation in OPERATIONS:
                    counted = sum(row.operation == operation for row in chosen)
                    assert sum(getattr(share.sums, operation) for share in report.workspaces) == counted
                assert sum(kind.changes for kind in report.file_types) == len(chosen)
                assert sum(slot.changes for slot in report.slots) == len(chosen)
                assert sum(slot.lines_added for slot in report.slots) == sum(row.lines_added or 0 for row in chosen)
                made = [row for row in commits if row.committed_at >= since and workspace in ("", row.workspace)]
                assert sum(share.commits for share in report.workspaces) == len(made)
                assert sum(share.commits for share in report.agents) == len(made)
                assert sum(slot.commits for slot in report.slots) == len(made)
                if report.scope.slot_seconds == DAY:
                    by_day = Counter(local_day(row.committed_at, change_of_clocks) for row in made)
                    first = local_day(since // HOUR * HOUR, change_of_clocks)
                    assert {first + n: slot.commits for n, slot in enumerate(report.slots) if slot.commits} == by_day
                files = Counter((row.workspace, row.path) for row in chosen)
                assert {(file.workspace, file.path): file.changes for file in report.files} == files
                assert report.files_changed == len(files)

    run(story, tmp_path / "ledger.sqlite3")


def test_a_report_of_one_agent_has_its_commits_and_sessions_alone(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(BEGIN)) as recorder:
            await recorder.record([added(at=BEGIN), changed(at=BEGIN + 10), commit(1, at=BEGIN + 20)])
            await recorder.record([changed("b.py", at=BEGIN + 5000), commit(2, at=BEGIN + 5010, agent="codex")])
            await recorder.record([WriterSeen(BEGIN + 5019, "w", "c.py", "codex"), changed("c.py", at=BEGIN + 5020)])
            report = await reported(recorder, Scope(BEGIN, BEGIN + DAY, agent="codex"))
        assert [(share.agent, share.commits, share.sessions) for share in report.agents] == [("codex", 1, 1)]
        assert [(share.sums.changes, share.commits) for share in report.workspaces] == [(1, 1)], "who was there is none"
        assert [slot.changes for slot in report.slots if slot.changes] == [1]
        assert report.files == []

    run(story, tmp_path / "ledger.sqlite3")


def test_anomalies_are_in_it_newest_first(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(BEGIN)) as recorder:
            await recorder.record([added(at=BEGIN)])
            for number in range(12):
                seen = AnomalySeen(BEGIN + number, "w", "lines", 9, 1, 2, 6.0, 300, "", f"reason {number}")
                await recorder.record([seen])
            report = await reported(recorder, Scope(BEGIN, BEGIN + DAY))
        assert [entry.reason for entry in report.anomalies][:2] == ["reason 11", "reason 10"]
        assert (len(report.anomalies), report.workspaces[0].anomalies) == (10, 12)

    run(story, tmp_path / "ledger.sqlite3")


def test_an_empty_ledger_has_an_empty_report(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(BEGIN)) as recorder:
            report = await reported(recorder, Scope(BEGIN, BEGIN + DAY))
        assert (report.first_record, report.workspaces, report.agents) == (0.0, [], [])
        assert len(report.slots) == 25

    run(story, tmp_path / "ledger.sqlite3")


def test_who_wrote_adds_up_to_all_and_late_evidence_moves_its_lines(tmp_path: Path) -> None:
    """Floor and ceiling: what is proved, and what nothing says is not."""

    async def story(path: Path) -> None:
        async with recording(path, Clock(BEGIN)) as recorder:
            await recorder.record([added(at=BEGIN)])
            for number, agent in enumerate(("codex", "codex", "person", "unknown")):
                name, at = f"{number}.py", BEGIN + 10 + number
                await recorder.record(
                    [WriterSeen(at - 0.1, "w", name, agent), changed(name, lines=(10, 2), at=at), Ticked(at + 4, "")]
                )
            scope = Scope(BEGIN, BEGIN + DAY)
            first = await reported(recorder, scope)
            said = WriteRecorded(BEGIN + 40, "w", "3.py", "droid", "s1", "t", BEGIN + 12.8, BEGIN + 12.9, 10, 2)
            await recorder.record([changed("waits.py", lines=(5, 0), at=BEGIN + 39), said])
            later = await reported(recorder, scope)
        assert written(first) == {"codex": (2, 20, 4), "person": (1, 10, 2), "unknown": (1, 10, 2)}
        assert written(later) == {
            "codex": (2, 20, 4),
            "person": (1, 10, 2),
            "droid": (1, 10, 2),
            "unknown": (1, 5, 0),
        }, "what waits is nobody's yet"
        assert [one.author for one in later.authors] == ["codex", "droid", "person", "unknown"]

    run(story, tmp_path / "ledger.sqlite3")


def test_committed_lines_add_up_to_those_of_the_commits(tmp_path: Path) -> None:
    """Whatever is classified, waits or is another workspace's: no line is in it twice, and none is missing."""

    async def story(path: Path) -> None:
        async with recording(path, Clock(BEGIN)) as recorder:
            await recorder.record([added("v", BEGIN, "/v"), added("w", BEGIN, "/w")])
            await recorder.record([commit(n, at=BEGIN + n, figures=(10, 1, 1)) for n in (1, 2, 3)])
            await recorder.record([commit(9, at=BEGIN + 9, workspace="v", figures=(7, 0, 1))])
            first = (OriginLines("codex", "writer", 6), OriginLines("person", "writer", 4))
            for number, origins in ((1, first), (2, (OriginLines("before", "none", 10),))):
                await recorder.record([CommitOrigins(BEGIN + 20, "w", object_id(number), origins, origins)])
            both = await reported(recorder, Scope(BEGIN, BEGIN + DAY))
            one = await reported(recorder, Scope(BEGIN, BEGIN + DAY, "w"))
            only = await reported(recorder, Scope(BEGIN + 2, BEGIN + DAY, "w"))
            session = await recorder.query(lambda ledger: ledger.reporting.committed_in("w", BEGIN, BEGIN + 1))
        assert committed(both) == {"codex": 6, "person": 4, "before": 10, "unknown": 17}
        assert sum(committed(both).values()) == sum(each.lines_added for each in both.agents)
        assert committed(one) == {"codex": 6, "person": 4, "before": 10, "unknown": 10}
        assert committed(only) == {"before": 10, "unknown": 10}
        assert [each.author for each in both.committed] == ["codex", "person", "before", "unknown"]
        assert [(each.author, each.lines, each.evidence) for each in session] == [
            ("codex", 6, {"writer": 6}),
            ("person", 4, {"writer": 4}),
        ]

    run(story, tmp_path / "ledger.sqlite3")


def committed(report: Report) -> dict[str, int]:
    return {one.author: one.lines for one in report.committed}


def written(report: Report) -> dict[str, tuple[int, int, int]]:
    return {one.author: (one.changes, one.lines_added, one.lines_removed) for one in report.authors}


def test_files_of_a_day_whose_record_is_gone_are_those_of_the_whole_day(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(BEGIN)) as recorder:
            facts = [changed(f"{hours}.py", at=BEGIN + hours * HOUR + 10) for hours in (1, 20, 25, 30)]
            await recorder.record([added(at=BEGIN), *facts])
            scopes = (Scope(BEGIN + 5 * HOUR, BEGIN + 26 * HOUR), Scope(BEGIN + 25 * HOUR, BEGIN + 26 * HOUR))
            first = [await reported(recorder, scope) for scope in scopes]
            await on_connection(recorder, lambda sql: sql.execute("DELETE FROM changes"))
            later = [await reported(recorder, scope) for scope in scopes]
        assert [{file.path for file in report.files} for report in first] == [{"20.py", "25.py"}, {"25.py"}]
        assert [report.files_changed for report in first] == [2, 1]
        assert [{file.path for file in report.files} for report in later] == [
            {"1.py", "20.py", "25.py", "30.py"},
            {"25.py", "30.py"},
        ]

    run(story, tmp_path / "ledger.sqlite3")
