"""The screen of a day at a glance: who did what, the time lines, who is at work, what needs a look, the last sessions.

Owns what fits into the height of a terminal, and the wording. Pure except for rich.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from obsctl import author_words, render, today_figures, today_lanes
from obsctl.author_styles import AuthorStyles
from obsctl.columns import Column
from obsctl.fitted_table import cut, cut_left, fitted
from obsctl.today_figures import compact, length
from obsd import amounts, rpc_encoding

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import Session
    from obsd.v1.day_pb2 import Day, DayAttention, DayAtWork

_SEVERITIES: Final = {"error": "bold red", "warning": "bold yellow"}
_UNLIMITED: Final = 1_000
_MOST_SESSIONS: Final = 10
_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Frame:
    """What a screen is drawn for: its title, its size (height 0: unlimited), and when its time lines end."""

    title: str
    width: int
    height: int
    end: float


def screen(day: Day, frame: Frame) -> Group:
    """Returns the lines and tables of a screen."""
    styles = AuthorStyles((*(one.author for one in day.authors), *(one.author for one in day.at_work)))
    compared = day.HasField("first_record") and day.first_record.seconds < day.since.seconds
    parts: list[RenderableType] = [_title(day, frame), Text()]
    room = (frame.height or _UNLIMITED) - 2
    if day.authors:
        parts += [today_figures.table(day, styles, frame.width, compared), Text()]
        room -= 2 + len(day.authors) + (len(day.authors) > 1)
    lanes = today_lanes.lanes(day, styles, frame.width, _MOST if room > 16 else 3, frame.end)
    if lanes:
        parts += [*lanes, Text()]
        room -= len(lanes) + 1
    few = 3 if room > 9 else 2
    now = list(
        _at_most(day.at_work, few, lambda one: _at_work(one, day, styles, frame.width), "at work", "`obsctl top`")
    )
    look = list(_at_most(_open(day), few, lambda one: _attention(one, day), "to look at", "`obsctl today --json`"))
    parts += [*now, *look, *([Text()] if now or look else [])]
    room -= len(now) + len(look) + bool(now or look)
    if day.sessions:
        parts.append(_sessions(day, styles, max(1, min(_MOST_SESSIONS, room - 1)), frame.width))
    return Group(*parts)


def summary(day: Day, width: int) -> Group:
    """Returns what goes on and what was done today, in a few lines; conditions of the daemon are not in it."""
    styles = AuthorStyles((*(one.author for one in day.authors), *(one.author for one in day.at_work)))
    first = _labelled("today", "bold")
    total = day.total
    first.append(f"{amounts.count(total.sessions, 'session')}, {amounts.count(total.commits, 'commit')}")
    for one in day.authors:
        if one.figures.lines_added:
            first.append("; ").append(author_words.title(one.author), style=styles.of(one.author))
            first.append(f" {today_figures.lines(one.figures)}")
            first.append(f" ({part})" if (part := today_figures.share(one.figures)) else "")
    look = [one for one in _open(day) if one.kind != "condition"]
    parts = [first]
    parts += _at_most(day.at_work, _MOST, lambda one: _at_work(one, day, styles, width), "at work", "`obsctl top`")
    parts += _at_most(look, _MOST, lambda one: _attention(one, day), "to look at", "`obsctl`")
    return Group(*parts)


def nothing(day: Day) -> str:
    """Returns why there is nothing to show, and what to do; empty if there is something."""
    if day.authors or day.sessions or day.lanes:
        return ""
    if not day.workspaces:
        return "no workspace is watched: `obsctl add-workspace PATH` adds one"
    if not day.HasField("first_record"):
        return "nothing was recorded yet: it begins with the first change or commit in a workspace"
    first = render.local(day.first_record.seconds)[:16]
    return f"nothing happened in this time; the record begins at {first}: `obsctl --date yesterday`, `obsctl --week`"


def _title(day: Day, frame: Frame) -> Text:
    where = day.workspace or (
        day.workspaces[0] if len(day.workspaces) == 1 else amounts.count(len(day.workspaces), "workspace")
    )
    text = Text(frame.title, style="bold", no_wrap=True, overflow="ellipsis")
    text.append(f"  {where}")
    return text


def _open(day: Day) -> list[DayAttention]:
    return [one for one in day.attention if not one.resolved]


def _at_most(rows: Sequence[object], most: int, draw: Callable[..., Text], of: str, how: str) -> Iterator[Text]:
    """Yields a line for each row, the last one for those that do not fit."""
    shown = rows if len(rows) <= most else rows[: most - 1]
    for row in shown:
        yield draw(row)
    if len(rows) > len(shown):
        yield Text(f"{'':<8}{len(rows) - len(shown)} more {of}: {how}", style="dim", no_wrap=True, overflow="ellipsis")


def _at_work(one: DayAtWork, day: Day, styles: AuthorStyles, width: int) -> Text:
    text = _labelled("now", "bold")
    text.append(author_words.title(one.author), style=styles.of(one.author))
    where = f" in {cut(one.workspace, 24)}" if _several(day) else ""
    if one.present:
        return text.append(f"{where} is there, and wrote nothing lately", style="dim")
    ago = f"{length(max(1, day.at.seconds - one.at.seconds))} ago" if one.HasField("at") else ""
    figures = f"  {ago}, +{compact(one.lines_added)} -{compact(one.lines_removed)} in 5 min"
    room = width - text.cell_len - cell_len(where) - len(figures) - 2
    text.append(f"{where}: {cut_left(one.path, max(16, room))}")
    return text.append(figures, style="dim")


def _attention(one: DayAttention, day: Day) -> Text:
    text = _labelled("look", _SEVERITIES.get(one.severity, "bold"))
    where = f"{cut(one.workspace, 24)}: " if one.workspace and (_several(day) or one.kind == "condition") else ""
    if one.kind == "condition":
        return text.append(f"{where}{one.text} (`obsctl status`)")
    if one.kind == "anomaly":
        return text.append(f"{where}unusual: {one.text}")
    if one.kind == "discard":
        return text.append(f"{where}git {one.name}: {one.text}")
    times = f" {one.count} times" if one.count > 1 else ""
    subject = f" ({render.subject(one.subject)})" if one.subject else ""
    return text.append(f"{where}rule {one.name} broken{times}: {one.text}{subject}")


def _labelled(label: str, style: str) -> Text:
    return Text(no_wrap=True, overflow="ellipsis").append(f"{label:<8}", style=style)


def _several(day: Day) -> bool:
    return len(day.workspaces) > 1 and not day.workspace


_SESSIONS: Final = (
    Column("SESSION"),
    Column("STARTED", rank=1),
    Column("LENGTH", rank=2, right=True),
    Column("WORKSPACE", rank=4, least=9),
    Column("WHO", least=8),
    Column("LINES", rank=3, right=True),
    Column("COMMITS", rank=5, right=True),
)


def _sessions(day: Day, styles: AuthorStyles, most: int, width: int) -> Table:
    several = _several(day)
    columns = [one for one in _SESSIONS if several or one.heading != "WORKSPACE"]
    rows = [_session(session, day, styles) for session in day.sessions[:most]]
    return fitted(columns, rows, width)


def _session(session: Session, day: Day, styles: AuthorStyles) -> list[Text | str]:
    started = rpc_encoding.unix_seconds(session.started_at)
    lines = f"+{compact(session.lines_added)} -{compact(session.lines_removed)}"
    runs = not session.HasField("ended_at")
    return [
        session.id,
        render.moment(started, rpc_encoding.unix_seconds(day.at)),
        Text(length(max(1, session.duration_seconds)), style="bold" if runs else ""),
        *([session.workspace] if _several(day) else []),
        _who(session, styles),
        lines,
        Text(str(session.commits) if session.commits else "-", style="" if session.commits else "dim"),
    ]


def _who(session: Session, styles: AuthorStyles) -> Text:
    authors = [one.author for one in session.authors]
    authors += [one.agent for one in session.agents if one.agent not in authors]
    text = Text(no_wrap=True, overflow="ellipsis")
    for author in authors or ["unknown"]:
        text.append(", " if text else "")
        text.append(author_words.title(author), style=styles.of(author))
    return text


def day_title(day: Day, begin: datetime, week: bool) -> str:
    """Returns `Friday 27 November, 14:20` for a day that is not over, and `week of 23 November` for a week."""
    name = f"week of {begin.day} {begin:%B}" if week else f"{begin:%A} {begin.day} {begin:%B}"
    return name if day.until.seconds < day.at.seconds - 60 else f"{name}, {render.clock(day.at.seconds)[:5]}"
