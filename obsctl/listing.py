"""Lists for people: on a terminal a table of its width, in a pager where it is longer than the screen; else plain text.

Owns what a terminal leaves out: the date of today, the only workspace. What scripts read has every column.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from obsctl import render
from obsctl.columns import Column
from obsd.text import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from obsctl.call import Call
    from obsd.client.client import Client


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of a screen."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a terminal alone can show, drawn for its width."""

    draw: Callable[[int], Sequence[RenderableType]]


Part = str | Rows | Drawing
_LESS = "FRX"
"""It ends by itself where all fits on one screen, shows colours, and leaves the text on the screen."""


def when(at: float) -> str:
    """Returns a local time: to the second, or on a terminal to the minute, and without the date of today."""
    return render.moment(at, time.time()) if sys.stdout.isatty() else render.local(at)


def several(client: Client, workspace: str) -> bool:
    """Returns whether a list has to name workspaces: it is not for people, or about several."""
    return not sys.stdout.isatty() or (not workspace and len(client.recent_activity().workspaces) > 1)


def show(call: Call, columns: Sequence[Column], rows: Sequence[Sequence[object]], hidden: Sequence[str] = ()) -> None:
    """Prints rows, those first that are given first; on a terminal without the `hidden` columns."""
    cells = [[printable(str(cell)) for cell in row] for row in rows]
    headings = [one.heading for one in columns]
    if not sys.stdout.isatty():
        right = [place for place, one in enumerate(columns) if one.right]
        for line in render.aligned([headings, *cells], right):
            call.say(line)
        return
    from obsctl.fitted_table import fitted

    kept = [place for place, heading in enumerate(headings) if heading not in hidden]
    console = render.console(call.args.no_color)
    body = fitted([columns[n] for n in kept], [[render.styled(row[n]) for n in kept] for row in cells], console.width)
    paged(call, body)


def show_parts(call: Call, parts: Sequence[Part]) -> None:
    """Prints lines and tables under each other, on a terminal in one go."""
    if sys.stdout.isatty():
        width = render.console(call.args.no_color).width
        paged(call, *(drawn for part in parts for drawn in _drawn(part, width)))
        return
    for part in parts:
        if isinstance(part, str):
            call.say(printable(part))
        elif isinstance(part, Rows) and part.rows:
            show(call, part.columns, part.rows)


def _drawn(part: Part, width: int) -> Sequence[RenderableType]:
    from rich.text import Text

    from obsctl.fitted_table import fitted

    if isinstance(part, str):
        return [Text(printable(part))]
    if isinstance(part, Drawing):
        return part.draw(width)
    cells = [[render.styled(printable(str(cell))) for cell in row] for row in part.rows]
    return [fitted(part.columns, cells, width)] if cells else []


def paged(call: Call, *parts: RenderableType) -> None:
    """Prints tables and lines; in a pager, where a terminal is too low for them and no option forbids it."""
    from rich.console import Group

    console = render.console(call.args.no_color)
    with console.capture() as capture:
        console.print(Group(*parts))
    text = capture.get()
    command = [] if call.args.no_pager else _pager()
    if text.count("\n") < console.size.height or not command or not _page(command, text):
        sys.stdout.write(text)


def _pager() -> list[str]:
    """Returns the command of the user's pager; empty where there is no terminal to read keys from."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM", "dumb") == "dumb":
        return []
    try:
        return shlex.split(os.environ.get("PAGER", "less"))
    except ValueError:
        return []


def _page(command: Sequence[str], text: str) -> bool:
    """Returns whether a pager could be started; it has been left then."""
    sys.stdout.flush()
    try:
        with subprocess.Popen(command, stdin=subprocess.PIPE, env={"LESS": _LESS, **os.environ}) as pager:
            try:
                pager.communicate(text.encode("utf-8", "backslashreplace"))
            except KeyboardInterrupt:
                pager.wait()
    except OSError:
        return False
    return True
