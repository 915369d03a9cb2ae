"""Days at a glance for tests: a busy one with long, foreign and hostile names, and one with nothing in it."""

from __future__ import annotations

from obsd import rpc_encoding
from obsd.v1 import day_pb2 as pb
from obsd.v1.activity_pb2 import AgentEvidence, AuthorShare, Session

HOUR = 3600
DAY = 86_400
T0 = 1_800_000_000 // DAY * DAY
"""The begin of the day, in UTC."""
NAMES = ("webshop", "支払いサービス", "a-workspace-with-a-name-that-is-far-too-long-for-a-column")
PATH = "src/payments/providers/страница/very/deep/and/long/module_with_a_long_name.py"


def empty() -> pb.Day:
    """A day of a ledger that has nothing."""
    return pb.Day(
        at=rpc_encoding.timestamp(T0 + 14 * HOUR),
        since=rpc_encoding.timestamp(T0),
        until=rpc_encoding.timestamp(T0 + 14 * HOUR),
        before_since=rpc_encoding.timestamp(T0 - DAY),
        slot_seconds=900,
        total=pb.DayFigures(),
        total_before=pb.DayFigures(),
    )


def busy(workspaces: int = 3) -> pb.Day:
    """A day with something in every part."""
    day = empty()
    day.first_record.CopyFrom(rpc_encoding.timestamp(T0 - 9 * DAY))
    day.workspaces.extend(NAMES[:workspaces])
    for author, scale, floor in (("claude-code", 10, 0.61), ("copilot-vscode", 4, 0.2), ("person", 3, 0.12)):
        day.authors.add(author=author, figures=figures(scale, floor), before=figures(scale * 3, floor / 2))
    day.authors.add(author="unknown", figures=pb.DayFigures(changes=9, lines_added=90), before=pb.DayFigures())
    day.total.CopyFrom(figures(17, 0.8))
    day.total_before.CopyFrom(figures(40, 0.7))
    for number, name in enumerate(NAMES[:workspaces]):
        _add_lane(day, name, number)
    _add_now(day)
    for number in range(12):
        day.sessions.append(session(number, NAMES[number % workspaces]))
    return day


def figures(scale: int, floor: float) -> pb.DayFigures:
    """Some figures."""
    return pb.DayFigures(
        sessions=scale,
        session_seconds=scale * 1730.0,
        commits=scale // 2,
        changes=scale * 40,
        lines_added=scale * 1234,
        lines_removed=scale * 56,
        tokens=scale * 51_000,
        cost_usd=scale * 0.37,
        floor=floor,
        ceiling=floor + 0.09,
    )


def session(number: int, workspace: str) -> Session:
    """A session that began so many hours before noon; the first one runs."""
    begin = T0 + (13 - 3 * number) * HOUR
    found = Session(
        id=str(42 - number),
        workspace=workspace,
        started_at=rpc_encoding.timestamp(begin),
        duration_seconds=2_400.0 + 60 * number,
        agents=[AgentEvidence(agent="claude-code", evidence="writer")],
        authors=[AuthorShare(author="claude-code", changes=9, lines_added=80), AuthorShare(author="person", changes=3)],
        changes=12,
        files=5,
        lines_added=80 * (number + 1),
        lines_removed=12,
        commits=number % 3,
    )
    if number:
        found.ended_at.CopyFrom(rpc_encoding.timestamp(begin + 2_400 + 60 * number))
    return found


def _add_lane(day: pb.Day, name: str, number: int) -> None:
    lane = day.lanes.add(workspace=name)
    for hour in range(7 + number, 14):
        for quarter in range(0, 4, 1 + number):
            author = ("claude-code", "person", "copilot-vscode", "unknown")[(hour + quarter) % 4]
            slot = lane.slots.add(changes=1 + hour * quarter % 7, lines=30, commits=quarter % 2)
            slot.at.CopyFrom(rpc_encoding.timestamp(T0 + hour * HOUR + quarter * 900))
            slot.authors[author] = slot.changes


def _add_now(day: pb.Day) -> None:
    first = day.at_work.add(
        workspace=NAMES[0], author="claude-code", path=PATH, changes=12, lines_added=140, lines_removed=9, session="42"
    )
    first.at.CopyFrom(rpc_encoding.timestamp(T0 + 14 * HOUR - 20))
    day.at_work.add(workspace=day.workspaces[-1], author="codex", present=True)
    day.attention.add(
        kind="condition",
        workspace=day.workspaces[-1],
        name="workspace_degraded",
        severity="error",
        text="watched in part: the limit of inotify watches is reached",
        count=1,
    )
    for kind, name, text, subject in (
        ("rule", "commit_message_length", "the subject has 3 characters, 20 are wanted", "ab" * 20),
        ("anomaly", "deletions", "412 deletions in 5 min; usual is 3, at most 21", ""),
        ("discard", "reset", "60 uncommitted lines in 4 files discarded", ""),
    ):
        one = day.attention.add(
            kind=kind, workspace=NAMES[0], name=name, text=text, subject=subject, severity="warning", count=2
        )
        one.at.CopyFrom(rpc_encoding.timestamp(T0 + 9 * HOUR))
