"""The table of a day at a glance: each author's figures, and in brackets those of the time before.

Owns which of them are left out where a terminal is narrow: brackets first, then columns. Pure except for rich.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from obsctl import author_words
from obsctl.author_styles import AuthorStyles
from obsctl.fitted_table import cut

if TYPE_CHECKING:
    from obsd.v1.day_pb2 import Day, DayFigures

EVERYBODY: Final = "together"
_LEAST_NAME: Final = 10
_GAPS: Final = 2, 1


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its heading, its text for figures, and that of the time before (None: none is shown)."""

    heading: str
    text: Callable[[DayFigures], str]
    before: Callable[[DayFigures], str] | None


def compact(number: float) -> str:
    """Returns `950`, `9,500`, `12k` or `3.4M`."""
    if number < 10_000:
        return f"{number:,.0f}"
    for unit in ("k", "M"):
        number /= 1000
        if number < 1000 or unit == "M":
            return f"{number:.1f}{unit}" if number < 100 and unit == "M" else f"{number:.0f}{unit}"
    raise AssertionError("unreachable")


def length(seconds: float) -> str:
    """Returns `45s`, `12m`, `3h20m` or `2d4h`; empty for none."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s" if whole else ""
    if whole < 3600:
        return f"{whole // 60}m"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86_400}d{whole % 86_400 // 3600}h"


def share(figures: DayFigures) -> str:
    """Returns the part of all lines: `61%`, or `61-73%` where lines of nobody known may be theirs."""
    if not figures.HasField("floor"):
        return ""
    floor, ceiling = author_words.percent(figures.floor), author_words.percent(figures.ceiling)
    return floor if floor == ceiling else f"{floor.removesuffix('%')}-{ceiling}"


def lines(figures: DayFigures) -> str:
    """Returns `+420 -31`; empty for none."""
    if not (figures.lines_added or figures.lines_removed):
        return ""
    return f"+{compact(figures.lines_added)} -{compact(figures.lines_removed)}"


def cost(figures: DayFigures) -> str:
    """Returns `$1.20`; empty where none was declared."""
    return f"${figures.cost_usd:,.2f}" if figures.HasField("cost_usd") else ""


def _added(figures: DayFigures) -> str:
    return f"+{compact(figures.lines_added)}" if figures.lines_added else ""


_COLUMNS: Final = (
    _Column("SESSIONS", lambda own: compact(own.sessions) if own.sessions else "", lambda own: compact(own.sessions)),
    _Column("TIME", lambda own: length(own.session_seconds), lambda own: length(own.session_seconds)),
    _Column("COMMITS", lambda own: compact(own.commits) if own.commits else "", lambda own: compact(own.commits)),
    _Column("LINES", lines, lines),
    _Column("SHARE", share, share),
    _Column("COST", cost, cost),
)


def _narrower(columns: Sequence[_Column]) -> Iterator[tuple[Sequence[_Column], int, int | None]]:
    """Yields columns, the gap between them and the limit of names (None: none), each narrower than those before."""
    yield columns, _GAPS[0], None
    for heading, before in (("SHARE", None), ("LINES", _added)):
        columns = [replace(one, before=before) if one.heading == heading else one for one in columns]
        yield columns, _GAPS[0], None
    yield columns, _GAPS[1], None
    for heading in ("LINES", "COST", "TIME", "COMMITS", "SESSIONS"):
        columns = [replace(one, before=None) if one.heading == heading else one for one in columns]
        yield columns, _GAPS[1], None
    for heading in ("", "SESSIONS", "TIME", "COMMITS", "COST"):
        columns = [one for one in columns if one.heading != heading]
        yield columns, _GAPS[1], _LEAST_NAME


def table(day: Day, styles: AuthorStyles, width: int, compared: bool) -> Table:
    """Returns the table of all authors for a width; `compared`: the time before is known."""
    rows = [(one.author, one.figures, one.before) for one in day.authors]
    if len(rows) > 1:
        rows.append((EVERYBODY, day.total, day.total_before))
    columns: Sequence[_Column] = [
        one for one in _COLUMNS if one.heading != "COST" or any(cost(now) or cost(before) for _, now, before in rows)
    ]
    if not compared:
        columns = [replace(one, before=None) for one in columns]
    longest = max([cell_len("WHO"), *(cell_len(author_words.title(author)) for author, _, _ in rows)])
    shown, gap, names = columns, 1, longest
    for shown, gap, most in _narrower(columns):
        natural = sum(max(len(one.heading), *_widths(one, rows)) + gap for one in shown)
        names = longest if most is None else min(longest, most)
        if names + natural <= width:
            break
    return _drawn(rows, shown, styles, gap, names)


def _widths(column: _Column, rows: Sequence[tuple[str, DayFigures, DayFigures]]) -> tuple[int, int]:
    """Returns the width of a column's cells, and of their part before the brackets."""
    left = max(len(column.text(now)) for _, now, _ in rows)
    right = 0 if column.before is None else max(len(_bracket(column, before)) for _, _, before in rows)
    return left + right, left


def _bracket(column: _Column, before: DayFigures) -> str:
    text = column.before(before) if column.before is not None else ""
    return f" ({text})" if text and text != "0" else ""


def _drawn(
    rows: Sequence[tuple[str, DayFigures, DayFigures]],
    columns: Sequence[_Column],
    styles: AuthorStyles,
    gap: int,
    names: int,
) -> Table:
    drawn = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold", highlight=False)
    drawn.add_column("WHO", no_wrap=True, width=names)
    for one in columns:
        drawn.add_column(one.heading, no_wrap=True, min_width=max(len(one.heading), *_widths(one, rows)))
    for author, now, before in rows:
        last = author == EVERYBODY and len(rows) > 1
        name = Text(cut(author_words.title(author), names), style="bold" if last else styles.of(author))
        drawn.add_row(name, *(_cell(one, now, before, _widths(one, rows)[1]) for one in columns))
    return drawn


def _cell(column: _Column, now: DayFigures, before: DayFigures, left: int) -> Text:
    # Under the heading's right end, where brackets leave room for it.
    text = Text(column.text(now).rjust(left), no_wrap=True)
    text.append(_bracket(column, before), style="dim")
    return text
