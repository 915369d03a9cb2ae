"""Tables for a terminal's width: long cells are shortened, then whole columns are left out, the least needed first.

Owns widths in cells of the terminal, in which characters of some scripts take two. Pure except for rich.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.table import Table
from rich.text import Text

from obsctl.columns import Column

GAP = 2


def fitted(columns: Sequence[Column], rows: Sequence[Sequence[Text | str]], width: int) -> Table:
    """Returns a table that is no wider than a width, as far as columns may be shortened or left out."""
    shown, widths = _fit(columns, rows, width)
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold", highlight=False)
    for place in shown:
        one = columns[place]
        table.add_column(
            one.heading,
            justify="right" if one.right else "left",
            no_wrap=True,
            overflow="ellipsis",
            width=widths[place],
        )
    for row in rows:
        table.add_row(*(_cell(row[place], columns[place], widths[place]) for place in shown))
    return table


def cut(text: str, width: int) -> str:
    """Returns a text that takes so many cells at most, with an ellipsis at its end where it is longer."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)).rstrip() + "…" if width > 0 else ""


def cut_left(text: str, width: int) -> str:
    """Returns the end of a text that takes so many cells at most, with an ellipsis before it where it is longer."""
    if cell_len(text) <= width or width <= 0:
        return text if width > 0 else ""
    kept = text
    while kept and cell_len(kept) >= width:
        kept = kept[max(1, (cell_len(kept) - width) // 2) :]
    return f"…{kept}"


def _fit(columns: Sequence[Column], rows: Sequence[Sequence[Text | str]], width: int) -> tuple[list[int], list[int]]:
    """Returns the places of the columns that are shown, and the widths of all."""
    natural = [max([cell_len(one.heading), *(cell_len(str(row[n])) for row in rows)]) for n, one in enumerate(columns)]
    shown = list(range(len(columns)))
    while True:
        least = [
            min(natural[n], max(columns[n].least, cell_len(columns[n].heading))) if columns[n].least else natural[n]
            for n in range(len(columns))
        ]
        if sum(least[n] for n in shown) + GAP * (len(shown) - 1) <= width:
            break
        droppable = [n for n in shown if columns[n].rank]
        if not droppable:
            break
        shown.remove(max(droppable, key=lambda n: columns[n].rank))
    return shown, _shortened(natural, least, shown, width - GAP * (len(shown) - 1))


def _shortened(natural: list[int], least: list[int], shown: Sequence[int], room: int) -> list[int]:
    """Returns widths whose sum is no more than the room, the widest shortened first."""
    widths = list(natural)
    while sum(widths[n] for n in shown) > room:
        longer = [n for n in shown if widths[n] > least[n]]
        if not longer:
            break
        widest = max(longer, key=lambda n: widths[n])
        widths[widest] -= 1
    return widths


def _cell(cell: Text | str, column: Column, width: int) -> Text:
    if isinstance(cell, Text):
        return cell
    return Text(cut_left(cell, width) if column.from_left else cut(cell, width), no_wrap=True)
