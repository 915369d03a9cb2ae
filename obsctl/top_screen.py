"""The screen of `obsctl top`: workspaces by activity, agents, rates as sparklines, the last facts.

Owns the order and the wording; keeps nothing between two drawings but what the keys chose. Pure except for rich.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from obsctl import author_words, documents, recent_facts, render
from obsctl.columns import Column
from obsctl.fact_lines import line
from obsctl.report_text import sparkline
from obsd import amounts, rpc_encoding
from obsd.text import printable

if TYPE_CHECKING:
    from rich.console import Group

    from obsd.v1.report_pb2 import RecentActivity, WorkspaceActivity

HEADINGS: Final = (
    "WORKSPACE",
    "STATE",
    "SESSION",
    "AUTHORS",
    "CHANGES",
    "LINES",
    "COMMITS",
    "UNUSUAL",
    "RATE",
)
_NUMBERS: Final = frozenset({"CHANGES", "LINES", "COMMITS"})
COLUMNS: Final = tuple(Column(heading, right=heading in _NUMBERS) for heading in HEADINGS)
UNUSUAL_SCORE: Final = 3.0
_COLUMNS: Final = (
    HEADINGS,
    ("WORKSPACE", "SESSION", "AUTHORS", "CHANGES", "COMMITS", "RATE"),
    ("WORKSPACE", "AUTHORS", "CHANGES", "RATE"),
    ("WORKSPACE", "CHANGES", "RATE"),
)
_FEWEST_SPARKS: Final = 5
_FEWEST_AUTHORS: Final = 20
_PADDING: Final = 2
_SPARKS: Final = 60
_FIXED_LINES: Final = 6

_ORDERS: Final[dict[str, Callable[[WorkspaceActivity], Any]]] = {
    "activity": lambda one: (-sum(one.changes) - one.commits, -one.last_at.seconds, one.name),
    "name": lambda one: one.name,
    "last": lambda one: (-one.last_at.seconds, one.name),
}


@dataclass(slots=True)
class Choice:
    """The choice by keys: an order, and a workspace (empty: all)."""

    order: str = "activity"
    workspace: str = ""

    def next_order(self) -> None:
        """Chooses the next order."""
        names = list(_ORDERS)
        self.order = names[(names.index(self.order) + 1) % len(names)]

    def next_workspace(self, recent: RecentActivity) -> None:
        """Chooses the next workspace, and all of them after the last."""
        names = ["", *sorted(one.name for one in recent.workspaces)]
        place = names.index(self.workspace) if self.workspace in names else -1
        self.workspace = names[(place + 1) % len(names)]


def headline(recent: RecentActivity, choice: Choice) -> str:
    """Returns the line that says what is shown."""
    running = sum(one.HasField("session_started_at") for one in recent.workspaces)
    where = choice.workspace or amounts.count(len(recent.workspaces), "workspace")
    sessions = amounts.count(running, "session")
    return f"obsd  {render.clock(recent.at.seconds)}  {where}, {sessions} running, last {_minutes(recent)}"


def rows(recent: RecentActivity, choice: Choice, sparks: int = _SPARKS) -> list[tuple[str, ...]]:
    """Returns a row of text for each workspace, in order."""
    chosen = [one for one in recent.workspaces if choice.workspace in ("", one.name)]
    now = rpc_encoding.unix_seconds(recent.at)
    return [_row(one, now, sparks) for one in sorted(chosen, key=_ORDERS[choice.order])]


def facts(recent: RecentActivity, choice: Choice, most: int) -> list[str]:
    """Returns the last facts as lines, newest first."""
    chosen = [event for event in recent.recent if choice.workspace in ("", event.workspace)]
    found = recent_facts.folded([{**documents.event(event), "seconds": event.at.seconds} for event in chosen])
    return [line(fact, fact.pop("seconds")) for fact in found[: max(0, most)]]


def nothing(recent: RecentActivity) -> str:
    """Returns why there is nothing to show, and what to do; empty if there is something."""
    if not recent.workspaces:
        return "no workspace is watched: `obsctl add-workspace PATH` adds one"
    if not recent.recent:
        return f"no activity since the daemon started: change or commit something in {recent.workspaces[0].name}"
    return ""


def screen(recent: RecentActivity, choice: Choice, width: int, height: int) -> Group:
    """Returns everything, for a terminal of that size."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    drawn = [dict(zip(HEADINGS, row, strict=True)) for row in rows(recent, choice)]
    drawn = drawn[: max(1, height - _FIXED_LINES)]
    columns, authors, room = _columns(width, drawn)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", highlight=False, expand=False)
    for heading in columns:
        table.add_column(heading, justify="right" if heading in _NUMBERS else "left", no_wrap=True)
    for row in drawn:
        row["RATE"], row["AUTHORS"] = row["RATE"][-room:], _cut(row["AUTHORS"], authors)
        table.add_row(*(Text(row[name], style=_style(name, row[name])) for name in columns))
    lines = facts(recent, choice, height - len(drawn) - _FIXED_LINES)
    below = [Text(line, no_wrap=True, overflow="ellipsis", style="dim" if n else "") for n, line in enumerate(lines)]
    help_line = f"q quit   s sort: {choice.order}   w workspace: {choice.workspace or 'all'}"
    hint = nothing(recent)
    parts: list[Table | Text] = [Text(headline(recent, choice), style="bold"), Text(), table, Text(), *below]
    return Group(*parts, *([Text(hint)] if hint else []), Text(help_line, style="reverse"))


def _row(one: WorkspaceActivity, now: float, sparks: int) -> tuple[str, ...]:
    session = ""
    if one.HasField("session_started_at"):
        session = amounts.duration(now - rpc_encoding.unix_seconds(one.session_started_at))
    return (
        *(printable(one.name), one.state, session, printable(_authors(one))),
        *(f"{sum(one.changes):,}", f"{one.lines:,}", f"{one.commits:,}"),
        f"{one.anomaly_score:.1f}" if one.anomaly_score >= UNUSUAL_SCORE else "",
        sparkline(list(one.changes), sparks),
    )


def _authors(one: WorkspaceActivity) -> str:
    """Who wrote in the last minutes, and who is only there."""
    words = author_words.parts(one.authors)
    written = {each.author for each in one.authors}
    if present := [agent for agent in one.present if agent not in written]:
        words.append(f"present: {', '.join(present)}")
    return ", ".join(words)


def _columns(width: int, drawn: Sequence[Mapping[str, str]]) -> tuple[Sequence[str], int, int]:
    """Returns the headings that fit into a width with these rows, and the columns left for authors and for the rate."""
    natural = {name: max(len(name), *(len(row[name]) for row in drawn), 0) for name in HEADINGS}
    for columns in _COLUMNS:
        others = sum(natural[name] + _PADDING for name in columns if name not in ("AUTHORS", "RATE"))
        room = width - others - _PADDING
        authors = 0
        if "AUTHORS" in columns:
            authors = min(natural["AUTHORS"], max(_FEWEST_AUTHORS, room - _PADDING - _FEWEST_SPARKS))
            room -= authors + _PADDING
        if room >= _FEWEST_SPARKS:
            return columns, authors, min(room, _SPARKS)
    return _COLUMNS[-1], 0, _FEWEST_SPARKS


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _style(heading: str, text: str) -> str:
    if heading == "UNUSUAL" and text:
        return "bold red"
    if heading == "STATE":
        return {"watching": "green", "failed": "red"}.get(text, "yellow")
    return "cyan" if heading == "RATE" else ""


def _minutes(recent: RecentActivity) -> str:
    buckets = max((len(one.changes) for one in recent.workspaces), default=0)
    return f"{buckets * recent.beat_seconds // 60} min"
