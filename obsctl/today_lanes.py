"""Time lines of a day at a glance: a row of bars for each workspace, in the colour of who wrote most.

Pure except for rich.
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from obsctl.author_styles import AuthorStyles
from obsctl.fitted_table import cut

if TYPE_CHECKING:
    from obsd.v1.day_pb2 import Day, DayLane

_BARS: Final = "▁▂▃▄▅▆▇█"
_EMPTY: Final = "·"
_ONLY_COMMITS: Final = "◆"
_MOST_NAME: Final = 16
_DAY_SECONDS: Final = 86_400
_CELLS: Final = (900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200, 86_400)
"""Seconds that a cell may stand for; whole parts of a day."""


def lanes(day: Day, styles: AuthorStyles, width: int, most: int, end: float) -> list[Text]:
    """Returns the hours and a row for each workspace, `most` at most, up to `end` of the day in Unix seconds."""
    by_changes = sorted(day.lanes, key=lambda lane: -sum(slot.changes for slot in lane.slots))
    chosen = by_changes if len(by_changes) <= most else by_changes[: most - 1]
    if not chosen:
        return []
    names = min(_MOST_NAME, max(cell_len(lane.workspace) for lane in chosen))
    begin = day.since.seconds
    room = width - names - 2
    cell = next((each for each in _CELLS if each >= day.slot_seconds and (end - begin) / each <= room), _CELLS[-1])
    cells = max(1, math.ceil((end - begin) / cell))
    rows = [Text(" " * (names + 2) + _hours(begin, cell, cells), style="dim", no_wrap=True)]
    for lane in sorted(chosen, key=lambda one: one.workspace):
        row = Text(set_cell_size(cut(lane.workspace, names), names) + "  ", no_wrap=True)
        rows.append(row.append_text(bars(lane, styles, begin, cell, cells, day.at.seconds)))
    if more := len(by_changes) - len(chosen):
        rows.append(Text(f"{more} more: `obsctl today --workspace NAME`", style="dim"))
    return rows


def bars(lane: DayLane, styles: AuthorStyles, begin: int, cell: int, cells: int, now: int) -> Text:
    """Returns a time line from `begin` on, in so many cells of so many seconds; dots end with `now`."""
    changes, commits = [0] * cells, [0] * cells
    authors = [Counter[str]() for _ in range(cells)]
    for slot in lane.slots:
        place = (slot.at.seconds - begin) // cell
        if 0 <= place < cells:
            changes[place] += slot.changes
            commits[place] += slot.commits
            authors[place].update(dict(slot.authors))
    top = max(changes, default=0)
    row = Text(no_wrap=True)
    for place in range(cells):
        if changes[place]:
            bar = _BARS[min(7, int(changes[place] / top * 7.999))]
            row.append(bar, style=styles.of(authors[place].most_common(1)[0][0]))
        elif commits[place]:
            row.append(_ONLY_COMMITS)
        else:
            row.append(_EMPTY if begin + place * cell <= now else " ", style="dim")
    return row


def _hours(begin: int, cell: int, cells: int) -> str:
    """Returns the hours, or the days where a time line has several, over their cells."""
    days = cells * cell > 2 * _DAY_SECONDS
    line = ""
    step = _DAY_SECONDS if days else max(cell, _step(cell))
    at = begin
    while (place := (at - begin) // cell) < cells:
        moment = datetime.fromtimestamp(at).astimezone()
        mark = moment.strftime("%a") if days else f"{moment:%H}"
        if place >= len(line) and place + len(mark) <= cells:
            line = line.ljust(place) + mark
        at += step
    return line


def _step(cell: int) -> int:
    """Returns seconds between two hours that are written: at least four cells."""
    return next(each for each in (3600, 7200, 10_800, 14_400, 21_600, 43_200, 86_400) if each >= 4 * cell)
