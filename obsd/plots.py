"""Plots as SVG, for the page and for reports: columns over time, columns above and below a line, bars by name, and
small ones without text that stand in a row of a table.

Owns the drawing. Colours come from the page's style by class, values are in titles (shown on hover) and in labels,
so that no information is in colour alone. Text is escaped here. Pure functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from obsd.text import printable

WIDTH = 860
_LEFT = 56
_HEIGHT = 150
_TOP = 12
_BOTTOM = 24
_ROW = 26
_NAMES = 300
_MAX_LABELS = 8
_MAX_NAME = 44
_LEVELS = 4
_SMALL = 12
"""Height of what stands in a row of a table."""


def columns(name: str, labels: Sequence[str], values: Sequence[int], kind: str, unit: str) -> str:
    """A column for each value over a common baseline; `kind` is the class of the columns."""
    top = _round_up(max(values, default=0))
    parts = _grid([(_TOP, top), (_TOP + _HEIGHT / 2, top / 2), (_TOP + _HEIGHT, 0)])
    parts += _columns(labels, values, top, kind, unit)
    parts += _times(labels)
    return _svg(name, _TOP + _HEIGHT + _BOTTOM, parts)


def stacked(
    name: str, labels: Sequence[str], columns: Sequence[Sequence[int]], kinds: Sequence[tuple[str, str]]
) -> str:
    """A column for each label, in parts from the baseline up; `kinds` are the name and the class of each part."""
    top = _round_up(max(map(sum, columns), default=0))
    parts = _grid([(_TOP, top), (_TOP + _HEIGHT / 2, top / 2), (_TOP + _HEIGHT, 0)])
    under = [0] * len(columns)
    for number, (text, kind) in enumerate(kinds):
        values = [column[number] for column in columns]
        bases = [_TOP + _HEIGHT * (1 - below / top) for below in under]
        parts += _parts_of_columns(labels, values, bases, top, kind, text)
        under = [below + value for below, value in zip(under, values, strict=True)]
    parts += _times(labels)
    return _svg(name, _TOP + _HEIGHT + _BOTTOM, parts)


def mirrored(name: str, labels: Sequence[str], up: Sequence[int], down: Sequence[int]) -> str:
    """Lines added above the line, lines removed below it, on one scale."""
    top = _round_up(max([*up, *down], default=0))
    middle = _TOP + _HEIGHT / 2
    parts = _grid([(_TOP, top), (middle, 0), (_TOP + _HEIGHT, top)])
    parts += _columns(labels, up, top, "added", "lines added", middle, _HEIGHT / 2)
    parts += _columns(labels, down, top, "removed", "lines removed", middle, -_HEIGHT / 2)
    parts += _times(labels)
    return _svg(name, _TOP + _HEIGHT + _BOTTOM, parts)


def bars(name: str, rows: Sequence[tuple[str, int, str]], kind: str) -> str:
    """A bar for each name, its value and a note behind it."""
    top = max((value for _, value, _ in rows), default=0) or 1
    room = WIDTH - _NAMES - 170
    parts = []
    names = _apart([text for text, _, _ in rows])
    for number, (text, value, note) in enumerate(rows):
        y = number * _ROW + 4
        width = max(1.0, value / top * room) if value else 0.0
        shown = f"{value:,} {note}".strip()
        parts.append(
            f'<text class="name" x="{_NAMES - 10}" y="{y + 14}">{_text(names[number])}'
            f"<title>{_text(text)}</title></text>"
            f'<rect class="{kind}" x="{_NAMES}" y="{y}" width="{width:.1f}" height="18" rx="3">'
            f"<title>{_text(text)}: {_text(shown)}</title></rect>"
            f'<text class="value" x="{_NAMES + width + 8:.1f}" y="{y + 14}">{_text(shown)}</text>'
        )
    return _svg(name, len(rows) * _ROW + 6, parts)


def spark(values: Sequence[int], label: str) -> str:
    """Columns without axes, as wide as their place is; `label` says what they are."""
    top = max(values, default=0) or 1
    parts = [
        f'<rect class="main" x="{number}.1" y="{_SMALL * (1 - value / top):.2f}" width=".8"'
        f' height="{_SMALL * value / top:.2f}"/>'
        for number, value in enumerate(values)
        if value
    ]
    return _small(len(values), label, parts, "spark")


def stack(parts: Sequence[tuple[str, str, int]], label: str) -> str:
    """One bar of parts: name, class and amount of each."""
    total = sum(amount for _, _, amount in parts)
    if not total:
        return ""
    drawn, x = [], 0.0
    for name, kind, amount in parts:
        width = 100 * amount / total
        title = f"<title>{_text(name)}: {amount:,}</title>"
        drawn.append(f'<rect class="{kind}" x="{x:.2f}" y="0" width="{width:.2f}" height="{_SMALL}">{title}</rect>')
        x += width
    return _small(100, label, drawn, "stack")


def lane(spans: Sequence[tuple[float, float, float, str]], length: float, kind: str, label: str) -> str:
    """Spans along a line from 0 to `length`: begin, end, strength from 0 to 1, and a note for the page's script; `kind`
    is their class. Their height is the style's, and of strengths there are four: a week of lanes has thousands."""
    levels: dict[int, list[str]] = {}
    for begin, end, strength, note in spans:
        level = min(_LEVELS, max(1, math.ceil(strength * _LEVELS)))
        width = max(end - begin, length / 400)
        levels.setdefault(level, []).append(f'<rect x="{begin:.4g}" width="{width:.3g}" data-n="{_text(note)}"/>')
    parts = [
        f'<g class="{kind}" opacity="{0.25 + 0.75 * level / _LEVELS:g}">{"".join(own)}</g>'
        for level, own in sorted(levels.items())
    ]
    return _small(length, label, parts, "lane")


def _small(width: float, label: str, parts: Sequence[str], kind: str) -> str:
    return (
        f'<svg class="{kind}" viewBox="0 0 {width:g} {_SMALL}" preserveAspectRatio="none" role="img"'
        f' aria-label="{_text(label)}">' + "".join(parts) + "</svg>"
    )


def _columns(
    labels: Sequence[str],
    values: Sequence[int],
    top: int,
    kind: str,
    unit: str,
    base: float = _TOP + _HEIGHT,
    room: float = _HEIGHT,
) -> list[str]:
    """Columns from `base` upwards; downwards when `room` is negative."""
    step = (WIDTH - _LEFT) / max(1, len(values))
    width = max(1.0, min(step - 2, 28.0))
    parts = []
    for number, (label, value) in enumerate(zip(labels, values, strict=True)):
        if value:
            height = max(1.0, value / top * abs(room))
            x = _LEFT + step * (number + 0.5) - width / 2
            y = base - height if room > 0 else base
            parts.append(
                f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="1.5">'
                f"<title>{_text(label)}: {value:,} {unit}</title></rect>"
            )
    return parts


def _parts_of_columns(
    labels: Sequence[str], values: Sequence[int], bases: Sequence[float], top: int, kind: str, text: str
) -> list[str]:
    """One part of each column, upwards from where the part before it ends."""
    step = (WIDTH - _LEFT) / max(1, len(values))
    width = max(1.0, min(step - 2, 28.0))
    parts = []
    for number, (label, value, base) in enumerate(zip(labels, values, bases, strict=True)):
        if value:
            height = value / top * _HEIGHT
            x = _LEFT + step * (number + 0.5) - width / 2
            parts.append(
                f'<rect class="{kind}" x="{x:.1f}" y="{base - height:.2f}" width="{width:.1f}" height="{height:.2f}">'
                f"<title>{_text(label)}, {_text(text)}: {value:,}</title></rect>"
            )
    return parts


def _grid(lines: Sequence[tuple[float, float]]) -> list[str]:
    return [
        f'<line class="grid" x1="{_LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="axis" x="{_LEFT - 8}" y="{y + 4:.1f}">{_short(value)}</text>'
        for y, value in lines
    ]


def _times(labels: Sequence[str]) -> list[str]:
    step = (WIDTH - _LEFT) / max(1, len(labels))
    every = -(-len(labels) // _MAX_LABELS) or 1
    return [
        f'<text class="time" x="{_LEFT + step * (number + 0.5):.1f}" y="{_TOP + _HEIGHT + 17}">{_text(label)}</text>'
        for number, label in enumerate(labels)
        if number % every == 0
    ]


def _svg(name: str, height: float, parts: Sequence[str]) -> str:
    return (
        f'<svg id="plot-{name}" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-labelledby="title-{name}">'
        + "".join(parts)
        + "</svg>"
    )


def _round_up(value: int) -> int:
    """The next round number of which half is a whole number, too."""
    scale = 1
    while True:
        for step in (2, 3, 4, 5, 6, 8, 10):
            if value <= step * scale and step * scale % 2 == 0:
                return step * scale
        scale *= 10


def _short(value: float) -> str:
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{unit}"
    return f"{value:g}"


def _apart(texts: Sequence[str]) -> list[str]:
    """Names as they are shown; of long ones that end alike the begin as well."""
    ends = [_shortened(text) for text in texts]
    room = _MAX_NAME // 2
    return [
        end if ends.count(end) == 1 or len(text) <= _MAX_NAME else f"{text[: room - 1]}…{text[-room:]}"
        for end, text in zip(ends, map(printable, texts), strict=True)
    ]


def _shortened(text: str) -> str:
    """The end of a long path: that is the part that tells it from others."""
    shown = printable(text)
    return shown if len(shown) <= _MAX_NAME else f"…{shown[-_MAX_NAME + 1 :]}"


def _text(text: str) -> str:
    return escape(printable(text))
