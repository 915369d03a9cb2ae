"""What a report as HTML lists one by one, and its plot of authors over time: rows and drawings, as plain values.

No person is named: commits have the classes of their lines. Pure.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from obsctl import author_words, render
from obsd import amounts

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import Commit, Session
    from obsd.v1.day_pb2 import Day
    from obsd.v1.report_pb2 import FileShare, Report

MOST_ROWS: Final = 50
SESSION_HEADINGS: Final = ("session", "started", "length", "workspace", "authors", "changes", "lines", "commits")
COMMIT_HEADINGS: Final = ("commit", "made", "workspace", "lines", "lines by", "subject")
_MOST_AGENTS: Final = 4
_OTHERS: Final = "other agents"
_NO_AGENTS: Final = ("person", "several", "unknown")


@dataclass(frozen=True, slots=True)
class Record:
    """What there is beside the sums: the newest sessions and commits, and the time lines (None: too long a time)."""

    sessions: Sequence[Session] = ()
    commits: Sequence[Commit] = ()
    day: Day | None = None


@dataclass(frozen=True, slots=True)
class AuthorColumns:
    """Authors with the classes of their colours, and the changes of each in every slot of the report."""

    kinds: dict[str, str]
    columns: list[list[int]]


def session_rows(sessions: Iterable[Session]) -> list[tuple[str, ...]]:
    """Rows under `SESSION_HEADINGS`, as they are given."""
    return [
        (
            *(one.id, render.local(one.started_at.seconds)[:16]),
            amounts.duration(one.duration_seconds) + ("" if one.HasField("ended_at") else " (runs)"),
            *(one.workspace, ", ".join(author_words.parts(one.authors)) or "unknown", f"{one.changes:,}"),
            *(f"+{one.lines_added:,} -{one.lines_removed:,}", f"{one.commits:,}"),
        )
        for one in sessions
    ]


def commit_rows(commits: Iterable[Commit]) -> list[tuple[str, ...]]:
    """Rows under `COMMIT_HEADINGS`, as they are given."""
    return [
        (
            *(one.id[:10], render.local(one.committed_at.seconds)[:16], one.workspace),
            f"+{one.lines_added:,} -{one.lines_removed:,}" if one.HasField("lines_added") else "unknown",
            author_words.lines((origin.agent, origin.lines) for origin in one.origins)
            or ("" if one.classified else "not known yet"),
            one.subject,
        )
        for one in commits
    ]


def file_names(files: Sequence[FileShare]) -> list[str]:
    """Paths; with the workspace before those that several workspaces have, or where their ends look the same."""
    ends = Counter(one.path[-40:] for one in files)
    return [f"{one.workspace}: {one.path}" if ends[one.path[-40:]] > 1 else one.path for one in files]


def authors_over_time(report: Report, day: Day) -> AuthorColumns:
    """The changes of each author in every slot; agents beyond the busiest are one author."""
    begins = [slot.at.seconds for slot in report.slots]
    slots = [Counter[str]() for _ in begins]
    for lane in day.lanes:
        for slot in lane.slots:
            place = bisect_right(begins, slot.at.seconds) - 1
            if place >= 0:
                slots[place].update(dict(slot.authors))
    sums: Counter[str] = Counter()
    for one in slots:
        sums.update(one)
    shown = {author for author, changes in sums.items() if changes and report.agent in ("", author)}
    agents = sorted(shown.difference(_NO_AGENTS), key=lambda name: (-sums[name], name))
    kinds = {name: f"agent{number}" for number, name in enumerate(agents[:_MOST_AGENTS])}
    if rest := agents[_MOST_AGENTS:]:
        kinds[_OTHERS] = f"agent{_MOST_AGENTS}"
        for one in slots:
            one[_OTHERS] = sum(one[name] for name in rest)
    kinds |= {name: name for name in _NO_AGENTS if name in shown}
    return AuthorColumns(kinds, [[one[name] for name in kinds] for one in slots])
