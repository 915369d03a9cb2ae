"""Panels of the dashboards, as the JSON that Grafana 9 and later import.

Owns what all panels have in common: data source, units, legends, colours, and the links to other dashboards.
Knows no dashboard. The standard library alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from queries import Query

Json = dict[str, Any]

SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24
GREEN, YELLOW, RED, BLUE, GREY = "green", "yellow", "red", "blue", "text"


def time_series(
    title: str,
    text: str,
    queries: Sequence[Query],
    unit: str = "short",
    stacked: bool = False,
    bars: bool = False,
) -> Json:
    """Lines, or bars, over time."""
    drawing: Json = {
        "drawStyle": "bars" if bars else "line",
        "fillOpacity": 80 if bars else 10,
        "lineWidth": 0 if bars else 1,
        "showPoints": "never",
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
    }
    panel = _panel("timeseries", title, text, queries, unit, custom=drawing)
    panel["fieldConfig"]["defaults"]["min"] = 0
    panel["options"] = {
        "legend": {"displayMode": "table", "placement": "right", "calcs": ["sum" if bars else "lastNotNull"]},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return panel


def right_axis(panel: Json, query: str, label: str, colour: str) -> Json:
    """Draws one query of a panel against an axis of its own."""
    properties = [
        {"id": "custom.axisPlacement", "value": "right"},
        {"id": "custom.axisLabel", "value": label},
        {"id": "color", "value": {"mode": "fixed", "fixedColor": colour}},
    ]
    panel["fieldConfig"]["overrides"].append(
        {"matcher": {"id": "byFrameRefID", "options": query}, "properties": properties}
    )
    return panel


def timeline(title: str, text: str, query: Query, states: Mapping[str, tuple[str, str]]) -> Json:
    """A lane for each series, coloured by state: value to words and colour."""
    panel = _panel("state-timeline", title, text, [query], "short", custom={"fillOpacity": 80, "lineWidth": 0})
    panel["fieldConfig"]["defaults"]["mappings"] = _mappings(states)
    panel["options"] = {
        "mergeValues": True,
        "showValue": "never",
        "rowHeight": 0.8,
        "legend": {"displayMode": "list", "placement": "bottom"},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return panel


def bars(
    title: str, text: str, query: Query, unit: str = "short", steps: Sequence[tuple[float | None, str]] = ()
) -> Json:
    """A horizontal bar for each series, longest first."""
    panel = _panel("bargauge", title, text, [query], unit, steps=steps)
    panel["fieldConfig"]["defaults"]["min"] = 0
    panel["options"] = {
        "orientation": "horizontal",
        "displayMode": "gradient",
        "showUnfilled": True,
        "valueMode": "color",
        "reduceOptions": _LAST,
    }
    panel["transformations"] = [{"id": "sortBy", "options": {"sort": [{"field": "Value", "desc": True}]}}]
    return panel


def pie(title: str, text: str, query: Query) -> Json:
    """The shares of the series."""
    panel = _panel("piechart", title, text, [query], "short")
    panel["options"] = {
        "pieType": "pie",
        "displayLabels": ["name", "percent"],
        "legend": {"displayMode": "table", "placement": "right", "values": ["value", "percent"]},
        "tooltip": {"mode": "single", "sort": "none"},
        "reduceOptions": _LAST,
    }
    return panel


def stat(
    title: str,
    text: str,
    *queries: Query,
    unit: str = "short",
    steps: Sequence[tuple[float | None, str]] = (),
    states: Mapping[str, tuple[str, str]] | None = None,
) -> Json:
    """One large number (a series each), coloured by its thresholds or by what it means."""
    panel = _panel("stat", title, text, queries, unit, steps=steps)
    panel["fieldConfig"]["defaults"]["mappings"] = _mappings(states or {})
    panel["options"] = {
        "colorMode": "value",
        "graphMode": "none",
        "textMode": "auto" if states or not queries[0].legend else "value_and_name",
        "reduceOptions": _LAST,
    }
    return panel


def table(title: str, text: str, query: Query, unit: str = "short") -> Json:
    """A row for each series, its labels as columns."""
    panel = _panel("table", title, text, [query], unit)
    panel["targets"][0]["format"] = "table"
    panel["options"] = {
        "showHeader": True,
        "footer": {"show": False},
        "sortBy": [{"displayName": "Value", "desc": True}],
    }
    panel["transformations"] = [{"id": "organize", "options": {"excludeByName": {"Time": True}}}]
    return panel


_LAST: Json = {"calcs": ["lastNotNull"], "fields": "", "values": False}


def _panel(
    kind: str,
    title: str,
    text: str,
    queries: Sequence[Query],
    unit: str,
    custom: Json | None = None,
    steps: Sequence[tuple[float | None, str]] = (),
) -> Json:
    defaults: Json = {
        "unit": unit,
        "color": {"mode": "thresholds" if steps else "palette-classic"},
        "thresholds": {
            "mode": "absolute",
            "steps": [{"value": value, "color": colour} for value, colour in steps or ((None, GREEN),)],
        },
        "custom": custom or {},
        "mappings": [],
    }
    return {
        "type": kind,
        "title": title,
        "description": text,
        "datasource": SOURCE,
        "targets": [_target("ABCDEFGH"[index], query) for index, query in enumerate(queries)],
        "fieldConfig": {"defaults": defaults, "overrides": []},
    }


def _target(ref: str, query: Query) -> Json:
    return {
        "refId": ref,
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend or "__auto",
        "instant": query.instant,
        "range": not query.instant,
        **({"interval": query.step} if query.step else {}),
    }


def _mappings(states: Mapping[str, tuple[str, str]]) -> list[Json]:
    if not states:
        return []
    options = {
        value: {"text": words, "color": colour, "index": index}
        for index, (value, (words, colour)) in enumerate(states.items())
    }
    return [{"type": "value", "options": options}]
