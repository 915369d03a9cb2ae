"""What a dashboard is: panels laid out in rows, the variables above them, and links to the others.

Owns layout and variables. The standard library alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from links import link_by_labels, marks
from panels import SOURCE, WIDTH, Json

TAG = "obsd"


@dataclass(frozen=True, slots=True)
class Row:
    """Panels side by side, of the same width (or as `widths` says) and height."""

    height: int
    panels: Sequence[Json]
    widths: Sequence[int] = ()


def board(
    uid: str,
    title: str,
    text: str,
    variables: Sequence[Json],
    rows: Sequence[Row],
    since: str = "now-6h",
    marked: bool = True,
) -> Json:
    """A whole dashboard; `marked`: with annotations of commits and anomalies."""
    return {
        "uid": uid,
        "title": title,
        "description": text,
        "tags": [TAG],
        "schemaVersion": 38,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": since, "to": "now"},
        "timezone": "",
        "links": [{"type": "dashboards", "title": "obsd", "tags": [TAG], "asDropdown": True, "keepTime": True}],
        "annotations": marks() if marked else {"list": []},
        "templating": {"list": [_source(), *variables]},
        "panels": [link_by_labels(panel, uid) for panel in _laid_out(rows)],
    }


def values(name: str, title: str, query: str) -> Json:
    """A variable with the values of a label, all of them at first."""
    return {
        "name": name,
        "label": title,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": "StandardVariableQuery"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        # Everything, and series that lack the label: without a fleet there is no machine.
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "hide": 0,
    }


def interval(*choices: str, chosen: str) -> Json:
    """The variable `interval`: the least time that a bar stands for; over a long time it is more."""
    options = [{"text": each, "value": each, "selected": each == chosen} for each in choices]
    return {
        "name": "interval",
        "label": "Least interval",
        "type": "interval",
        "query": ",".join(choices),
        "auto": False,
        "options": options,
        "current": {"text": chosen, "value": chosen, "selected": True},
        "hide": 0,
    }


def _source() -> Json:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "current": {},
        "hide": 0,
    }


def _laid_out(rows: Sequence[Row]) -> list[Json]:
    placed: list[Json] = []
    top = 0
    for row in rows:
        left = 0
        widths = row.widths or [WIDTH // len(row.panels)] * len(row.panels)
        for panel, width in zip(row.panels, widths, strict=True):
            place = {"x": left, "y": top, "w": width, "h": row.height}
            placed.append({"id": len(placed) + 1, "gridPos": place, **panel})
            left += width
        top += row.height
    return placed
