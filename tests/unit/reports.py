"""Reports for tests: a month of a busy workspace with hostile names, and one with nothing in it."""

from __future__ import annotations

from obsctl.report_html_record import Record
from obsd import rpc_encoding
from obsd.v1 import activity_pb2, day_pb2
from obsd.v1 import report_pb2 as pb

T0 = 1_800_000_000
DAY = 86_400
HOSTILE = "src/<script>alert(1)</script>|`x`\n@ada.py"


def empty() -> pb.Report:
    """A report of a ledger that has nothing."""
    return pb.Report(since=rpc_encoding.timestamp(T0), until=rpc_encoding.timestamp(T0 + 7 * DAY), slot_seconds=DAY)


def busy(days: int = 30) -> pb.Report:
    """A report with something in every part."""
    report = pb.Report(
        since=rpc_encoding.timestamp(T0),
        until=rpc_encoding.timestamp(T0 + days * DAY),
        first_record=rpc_encoding.timestamp(T0 - DAY),
        changes=pb.ChangeSums(
            changes=4000, created=300, modified=3500, deleted=180, renamed=20, lines_added=90_000, lines_removed=41_000
        ),
        files_changed=410,
        sessions=57,
        session_seconds=180_000,
        commits=212,
        violations=4,
        anomalies_count=1,
        slot_seconds=DAY,
    )
    report.history.add(agent="codex", commits=3, lines_added=40, lines_removed=2, sessions=1, writes=9)
    for name, share in (("obsd", 3000), ("website", 1000)):
        sums = pb.ChangeSums(changes=share, lines_added=share * 20, lines_removed=share * 9)
        report.workspaces.add(name=name, changes=sums, sessions=share // 60, commits=share // 20)
    for agent, commits, how in (("claude-code", 120, "environment"), ("unknown", 80, "none"), ("codex", 12, "trailer")):
        report.agents.add(
            agent=agent, commits=commits, sessions=commits // 4, lines_added=commits * 90, evidence={how: commits}
        )
    _add_shares(report)
    _add_committed(report)
    for number in range(10):
        path = HOSTILE if number == 3 else f"obsd/views/module_{number}.py"
        report.files.add(workspace="obsd", path=path, changes=90 - 7 * number, lines_added=900, lines_removed=100)
    for number, kind in enumerate(("python", "markdown", "toml", "other")):
        report.file_types.add(file_type=kind, changes=3000 // (number + 1), lines_added=10, lines_removed=5)
    for day in range(days + 1):
        changes = 0 if day % 7 in (5, 6) else 100 + 37 * day % 160
        slot = pb.Slot(changes=changes, lines_added=changes * 22, lines_removed=changes * 10, commits=changes // 18)
        slot.at.CopyFrom(rpc_encoding.timestamp(T0 + day * DAY))
        report.slots.append(slot)
    _add_trouble(report)
    return report


def _add_trouble(report: pb.Report) -> None:
    report.rules.add(rule="commit_message_prefix", violations=4)
    found = report.anomalies.add(workspace="obsd", kind="deletions", score=9.1)
    found.at.CopyFrom(rpc_encoding.timestamp(T0 + 3 * DAY))
    found.reason = "412 deletions in 5 min; usual is 3, at most 21"


def _add_committed(report: pb.Report) -> None:
    for author, lines, how, floor in (
        ("claude-code", 600, "writer", 0.6),
        ("person", 200, "writer", 0.2),
        ("before", 100, "none", None),
        ("unknown", 100, "none", None),
    ):
        ceiling = None if floor is None else floor + 0.1
        report.committed.add(
            agent=author, lines=lines, evidence={how: lines}, floor=floor, ceiling=ceiling, all_lines=1000
        )
    report.kept.add(agent="claude-code", days=7, committed=50, kept=45)
    report.kept.add(agent="before", days=90, committed=3, kept=0)
    report.suggestions.add(
        provider="github.copilot", agent="copilot-vscode", accepted=1200, accepted_lines=3400, undone=7, undone_lines=9
    )
    report.suggestions.add(provider="own.<b>", accepted=1, shown=8, rejected=0)
    report.reported.add(agent="copilot-vscode", written=3100, committed=2500, replaced=410)
    report.agents_written.floor, report.agents_written.ceiling = 0.6667, 0.8
    report.agents_committed.floor, report.agents_committed.ceiling = 0.6, 0.7


def _add_shares(report: pb.Report) -> None:
    for author, lines, how, floor in (
        ("claude-code", 60_000, "writer", 0.6667),
        ("person", 18_000, "writer", 0.2),
        ("unknown", 12_000, "none", None),
    ):
        ceiling = None if floor is None else floor + 0.1333
        report.shares.add(
            agent=author,
            changes=lines // 30,
            lines_added=lines,
            lines_removed=lines // 2,
            evidence={how: lines // 30},
            floor=floor,
            ceiling=ceiling,
            all_lines_added=90_000,
            overridden=lines // 100,
            thrashed=lines // 50,
        )


def record(days: int = 30) -> Record:
    """What a page has beside the sums of `busy`: 50 sessions, 50 commits with a hostile subject, and two lanes."""
    sessions, commits = [], []
    for number in range(50):
        at = rpc_encoding.timestamp(T0 + number * 3600)
        session = activity_pb2.Session(id=str(900 + number), workspace="obsd", started_at=at, ended_at=at, changes=8)
        session.authors.add(author="claude-code", changes=6)
        session.authors.add(author="person", changes=2)
        sessions.append(session)
        commit = activity_pb2.Commit(id=f"{number:040x}", author="Ada <ada@example.org>", subject=HOSTILE * 3)
        commit.committed_at.CopyFrom(at)
        commit.origins.add(agent="claude-code", lines=12)
        commits.append(commit)
    day = day_pb2.Day(slot_seconds=3600)
    for name in ("obsd", "website"):
        lane = day.lanes.add(workspace=name)
        for number in range(days):
            authors = {"claude-code": 9, "codex": number % 3, "person": 4, "unknown": 1}
            lane.slots.add(at=rpc_encoding.timestamp(T0 + number * DAY + 7200), authors=authors)
    return Record(sessions, commits, day)
