"""Output for people: words in colour, times, and rows of plain text. Pure but for what the terminal is asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

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
_ID_LENGTHS = (40, 64)
_ANSI = {"green": "32", "yellow": "33", "red": "31", "dim": "2"}


def coloured(no_color: bool) -> bool:
    """Returns whether stdout is a terminal on which colours are allowed (https://no-color.org)."""
    return sys.stdout.isatty() and not no_color and not os.environ.get("NO_COLOR")


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Returns rows as lines of text, columns two spaces apart; those at the places `right` end under each other."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


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
