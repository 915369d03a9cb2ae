"""Output for people: tables, times and sizes. On a terminal rich draws them; elsewhere they are plain, aligned text.

All text is escaped here once more: no file name may control a terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from obsd.text import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

NUMBERS = frozenset({"WATCHES", "CHANGES", "FILES", "COMMITS", "ADDED", "REMOVED", "LINES", "RULES", "LENGTH"})
"""Headings of columns that are aligned to the right."""

_COLOURS = {
    "watching": "green",
    "installed": "green",
    "ok": "green",
    "starting": "yellow",
    "degraded": "yellow",
    "foreign": "yellow",
    "warn": "yellow",
    "warning": "yellow",
    "kept": "green",
    "broken": "red",
    "off": "dim",
    "failed": "red",
    "fail": "red",
    "error": "red",
    "unknown": "dim",
}
_WRAPPED_WIDTH = 16
"""Columns that are as wide may be wrapped, and no narrower than that."""
_GAP = 2
_ID_LENGTHS = (40, 64)
_ANSI = {"green": "32", "yellow": "33", "red": "31", "dim": "2"}


def coloured(no_color: bool) -> bool:
    """Returns whether stdout is a terminal on which colours are allowed (https://no-color.org)."""
    return sys.stdout.isatty() and not no_color and not os.environ.get("NO_COLOR")


def table(
    headings: Sequence[str], rows: Sequence[Sequence[object]], no_color: bool = False, droppable: Sequence[str] = ()
) -> None:
    """Prints rows under headings. `droppable` columns are left out where a terminal is too narrow, the first first."""
    cells = [[printable(str(cell)) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _rich_table(headings, cells, not coloured(no_color), droppable)
        return
    for line in aligned([list(headings), *cells], headings):
        print(line)


def aligned(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> list[str]:
    """Returns rows as lines of text, columns two spaces apart."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(headings))]
    return [
        "  ".join(
            cell.rjust(width) if heading in NUMBERS else cell.ljust(width)
            for cell, width, heading in zip(row, widths, headings, strict=True)
        ).rstrip()
        for row in rows
    ]


def _rich_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], no_color: bool, droppable: Sequence[str]
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(no_color=no_color, highlight=False, markup=False, emoji=False)
    least = {
        heading: min(max((len(row[place]) for row in (headings, *rows)), default=0), _WRAPPED_WIDTH)
        for place, heading in enumerate(headings)
    }
    for heading in droppable:
        if sum(least.values()) + _GAP * len(least) > console.width:
            del least[heading]
    drawn = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold", highlight=False)
    for heading, width in least.items():
        drawn.add_column(
            heading,
            justify="right" if heading in NUMBERS else "left",
            overflow="fold",
            no_wrap=width < _WRAPPED_WIDTH,
            min_width=width,
        )
    shown = [place for place, heading in enumerate(headings) if heading in least]
    for row in rows:
        drawn.add_row(*(Text(row[place], style=_COLOURS.get(row[place], "")) for place in shown))
    console.print(drawn)


def styled(text: str) -> Text | str:
    """Returns a cell: a word such as `failed` in its colour."""
    from rich.text import Text

    return Text(text, style=_COLOURS[text], no_wrap=True) if text in _COLOURS else text


def word(text: str, no_color: bool) -> str:
    """Returns a word such as `failed` in its colour, where colours are allowed."""
    colour = _COLOURS.get(text.strip())
    return f"\x1b[{_ANSI[colour]}m{text}\x1b[0m" if colour and coloured(no_color) else text


def console(no_color: bool) -> Console:
    """Returns a console on stdout; where that is no terminal, it is 80 columns wide or as $COLUMNS says."""
    from rich.console import Console

    return Console(no_color=not coloured(no_color), highlight=False, markup=False, emoji=False, soft_wrap=False)


def subject(text: str) -> str:
    """Returns the subject of a rule for a table: a commit's id as git abbreviates it, a path as it is."""
    is_id = len(text) in _ID_LENGTHS and all(char in "0123456789abcdef" for char in text)
    return text[:10] if is_id else text


def moment(unix_seconds: float, now: float) -> str:
    """Returns local time: the time of day for today, else with its date, and with its year if it is another."""
    at, today = (datetime.fromtimestamp(each, UTC).astimezone() for each in (unix_seconds, now))
    if at.date() == today.date():
        return at.strftime("%H:%M")
    return at.strftime("%b %d %H:%M" if at.year == today.year else "%Y-%m-%d %H:%M")


def local(unix_seconds: float) -> str:
    """Returns local date and time of day, to the second."""
    return datetime.fromtimestamp(unix_seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def clock(unix_seconds: float) -> str:
    """Returns local time of day, to the second."""
    return datetime.fromtimestamp(unix_seconds, UTC).astimezone().strftime("%H:%M:%S")
