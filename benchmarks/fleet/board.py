"""The queries of the fleet dashboard, as Grafana sends them, and how long a store takes for each."""

from __future__ import annotations

import json
import time
from pathlib import Path

from benchmarks.fleet import stores

BOARD = Path(__file__).resolve().parents[2] / "packaging/grafana/dashboards/obsd-fleet.json"
POINTS = 1000
"""As many as a panel that fills a screen asks for."""


def time_queries(url: str, hours: float) -> dict[str, tuple[float, int]]:
    """Returns seconds and resulting series of each panel of the board over a range that ends now, by its title."""
    step = max(60.0, hours * 3600 / POINTS)
    interval = max(step, 3600.0)
    chosen = {"machine": ".+", "workspace": ".+", "agent": ".+", "interval": "1h"}
    spans = {"__interval": f"{interval:.0f}s", "__range": f"{hours:g}h", "__rate_interval": "240s"}
    found: dict[str, tuple[float, int]] = {}
    for panel in json.loads(BOARD.read_text("utf-8"))["panels"]:
        for target in panel.get("targets", ()):
            expr = _filled(target["expr"], chosen | spans)
            started = time.monotonic()
            series = _ask(url, expr, bool(target.get("instant")), hours * 3600, interval)
            title = f"{panel['title']} ({panel['type']})"
            found[title] = max(found.get(title, (0.0, 0)), (time.monotonic() - started, series))
    return found


def _ask(url: str, expr: str, instant: bool, span: float, step: float) -> int:
    now = time.time()
    common = {"query": expr, "nocache": "1"}
    if instant:
        return len(stores.ask(url, "query", time=f"{now}", **common)["result"])
    return len(stores.ask(url, "query_range", start=f"{now - span}", end=f"{now}", step=f"{step}", **common)["result"])


def _filled(expr: str, values: dict[str, str]) -> str:
    for name in sorted(values, key=len, reverse=True):
        expr = expr.replace(f"${{{name}}}", values[name]).replace(f"${name}", values[name])
    return expr
