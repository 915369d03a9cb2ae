"""Growth in the dashboards over 1, 7, 30 and 90 days, asked of a real Prometheus as Grafana asks: sums are the truth.

Every part of every panel's query that asks for growth is one case, whatever else the query makes of it.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support import remove_tree
from tests.system.made_up_months import Months
from tests.system.monitoring_rig import Prometheus, Rack
from tests.system.monitoring_texts import filled

FOLDER = Path(__file__).resolve().parents[2] / "packaging" / "grafana" / "dashboards"
BOARDS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
DAYS = (1, 7, 30, 90)
PIXELS = 800
"""Of a panel, and so the points that Grafana asks for."""
ROUND = {7: 5, 12: 10, 17: 15, 25: 20, 45: 30, 90: 60, 150: 120, 270: 180, 540: 360, 1440: 720, 10080: 1440}
"""Grafana's round steps: the first whose key, in minutes, is more than what the points would need."""
SELECTOR = re.compile(r"last_over_time\(([\w:]+)\{([^}]*)\}\[")
MATCHER = re.compile(r'(\w+)(=~|!~|=|!=)"([^"]*)"')
MINUTES = {"m": 1, "h": 60, "d": 1440}


def parts(expr: str) -> Iterator[str]:
    """The sums of growth in an expression."""
    for match in re.finditer(r"sum( by \([^)]*\) )?\((\n  )?clamp_min\(", expr):
        depth, place = 0, match.end(1) if match.group(1) else match.start() + 3
        while True:
            depth += {"(": 1, ")": -1}.get(expr[place], 0)
            place += 1
            if not depth:
                break
        yield expr[match.start() : place]


def cases() -> Iterator[tuple[str, str, str, str]]:
    """Dashboard, panel, part of a query, and the least interval of the dashboard."""
    for uid, board in BOARDS.items():
        chosen = {v["name"]: v["current"].get("value") for v in board["templating"]["list"]}
        for panel in board["panels"]:
            for target in panel["targets"]:
                for part in parts(target["expr"]):
                    yield uid, panel["title"], part, str(chosen.get("interval"))
        for annotation in board["annotations"]["list"]:
            for part in parts(annotation["expr"]):
                yield uid, annotation["name"], part, str(chosen.get("interval"))


CASES = list(dict.fromkeys(cases()))


@pytest.fixture(scope="module")
def months() -> Months:
    return Months(int(time.time()) - 7200)


@pytest.fixture(scope="module")
def store(months: Months) -> Iterator[Prometheus]:
    """A Prometheus with the made-up months."""
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    folder = Path(tempfile.mkdtemp(prefix="ob", dir="/tmp")).resolve()
    servers = Rack(folder)
    try:
        prometheus = Prometheus(folder / "p", "global: {}\n", "--storage.tsdb.retention.time=200d")
        months.write(folder / "p" / "data")
        yield servers.start(prometheus)
    finally:
        servers.stop()
        remove_tree(folder)


def step_seconds(days: int, least: str) -> int:
    """The step that Grafana asks for, and puts in place of $__interval."""
    needed = days * 1440 / PIXELS
    fitting = next(step for limit, step in ROUND.items() if needed < limit)
    return 60 * max(fitting, int(least[:-1]) * MINUTES[least[-1]])


def matching(matchers: str, labels: Mapping[str, str]) -> bool:
    """Whether labels fit the matchers of a selector whose variables are filled in."""
    for name, sign, value in MATCHER.findall(matchers):
        equal = re.fullmatch(value, labels.get(name, "")) if "~" in sign else value == labels.get(name, "")
        if bool(equal) == sign.startswith("!"):
            return False
    return True


@pytest.mark.parametrize("days", DAYS)
@pytest.mark.parametrize("case", CASES, ids=[f"{uid}: {title} {n}" for n, (uid, title, _, _) in enumerate(CASES)])
def test_the_sum_of_growth_is_what_was_counted(
    store: Prometheus, months: Months, case: tuple[str, str, str, str], days: int
) -> None:
    _, _, part, least = case
    whole = "$__range" in part
    step = 0 if whole else step_seconds(days, least)
    chosen = {"machine": ".*", "workspace": ".*", "agent": ".*", "__range": f"{days}d", "__interval": f"{step}s"}
    expr = filled(part, chosen)
    start, end = months.end - 86_400 * days, months.end
    if whole:
        after, until = start, end
        found = [value for _, value in answered(store, expr, end)]
    else:
        first, until = start // step * step, end // step * step
        after = first - step
        span = {"start": str(first), "end": str(until), "step": str(step)}
        series: list[dict[str, Any]] = store.ask("query_range", query=expr, **span)["result"]
        found = [float(value) for each in series for _, value in each["values"]]
    metric, matchers = SELECTOR.findall(expr)[0]
    truth = months.growth(metric, lambda labels: matching(matchers, labels), after, until)
    assert sum(found) == truth
    assert truth > 0 or days == 1


def answered(store: Prometheus, expr: str, moment: int) -> list[tuple[dict[str, str], float]]:
    """An instant query of a moment."""
    found = store.ask("query", query=expr, time=str(moment))["result"]
    return [(each["metric"], float(each["value"][1])) for each in found]


def test_every_panel_that_asks_for_growth_is_among_the_cases() -> None:
    asking = {
        (uid, panel["title"])
        for uid, board in BOARDS.items()
        for panel in board["panels"]
        for target in panel["targets"]
        if re.search(r"\$__(interval|range)\b", target["expr"])
    }
    assert asking <= {(uid, title) for uid, title, _, _ in CASES}
