"""What agents declare of their sessions, for `--json` and for tables.

Keys may be added, never renamed or removed: scripts rely on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from obsctl import documents
from obsctl.columns import Column
from obsctl.schema import activity
from obsd import amounts

if TYPE_CHECKING:
    from obsd.v1.agents_pb2 import AgentSession, WorkFigures

COLUMNS = (
    Column("AGENT"),
    Column("SESSION", rank=1),
    Column("WORKSPACE", rank=2, least=8),
    Column("DECLARED", least=16),
    Column("ON DISK", least=16),
    Column("LINES BY SHELL", rank=3, right=True),
)
SHORT_NAME = 12


def session(one: AgentSession) -> activity.AgentSession:
    """Returns an agent's own session for --json; what was not declared is null."""
    return {
        "agent": one.agent,
        "session": one.session,
        "workspace": one.workspace or None,
        "joined_by": one.joined_by,
        "started_at": documents.time(one.started_at),
        "last_at": documents.time(one.last_at),
        "declared": _figures(one.declared),
        "observed": _figures(one.observed) if one.HasField("observed") else None,
        "lines_during": {
            "shell": one.lines_during_shell,
            "edit": one.lines_during_edits,
            "none": one.lines_otherwise,
        },
        "explanations": list(one.explanations),
        "amounts": [
            {"measure": each.measure, "words": list(each.words), "amount": each.amount} for each in one.amounts
        ],
    }


def _figures(figures: WorkFigures) -> activity.Figures:
    return {
        "commits": figures.commits if figures.HasField("commits") else None,
        "files": figures.files if figures.HasField("files") else None,
        "lines_added": figures.lines_added if figures.HasField("lines_added") else None,
        "lines_removed": figures.lines_removed if figures.HasField("lines_removed") else None,
    }


def work(figures: WorkFigures) -> str:
    """Returns figures of work in words."""
    said = []
    if figures.HasField("commits"):
        said.append(amounts.count(figures.commits, "commit"))
    if figures.HasField("lines_added"):
        said.append(f"+{figures.lines_added} -{figures.lines_removed} lines")
    if figures.HasField("files"):
        said.append(f"in {amounts.count(figures.files, 'file')}")
    return ", ".join(said) or "no commits or lines"


def rows(sessions: Iterable[AgentSession]) -> list[Sequence[object]]:
    """Returns the rows of a table under `COLUMNS`."""
    return [
        (
            *(one.agent, one.session[:SHORT_NAME], one.workspace or "-"),
            *(work(one.declared), work(one.observed) if one.HasField("observed") else "-", one.lines_during_shell),
        )
        for one in sessions
    ]
