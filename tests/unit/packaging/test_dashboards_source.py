"""The checked-in dashboards: what the generator writes, complete, and of metrics that exist."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from obsd.views.metrics import catalog as table

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "packaging" / "grafana"
BOARDS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((FOLDER / "dashboards").glob("*.json"))}
PANELS = [(uid, panel) for uid, board in BOARDS.items() for panel in board["panels"]]
NAMES = re.compile(r"(?:\b[a-z_]+:)?\b(?:copilot|obsd|git)_[a-z0-9_]+(?::[a-z0-9_]+)?")
WINDOWS = re.compile(r"(?:\[|offset )(\$\w+)")
VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
BUILT_IN = {"__range", "__interval", "__rate_interval", "datasource"}


def titled(panel: tuple[str, dict[str, Any]]) -> str:
    return f"{panel[0]}: {panel[1]['title']}"


def test_the_files_are_what_the_generator_writes() -> None:
    result = subprocess.run(
        [sys.executable, FOLDER / "generate.py", "--check"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", ""), "packaging/grafana/generate.py writes them"


def test_the_seven_panels_of_the_origin_are_there_in_their_forms() -> None:
    panels = {panel["title"]: panel for panel in BOARDS["obsd-activity"]["panels"]}
    assert {title: panel["type"] for title, panel in panels.items() if panel["type"] != "stat"} == {
        "Session Activity Timeline": "state-timeline",
        "Files Modified by Type": "timeseries",
        "Session Duration": "timeseries",
        "Most Edited Files": "bargauge",
        "Commits Over Time": "timeseries",
        "Lines Added/Removed": "timeseries",
        "File Types": "piechart",
    }
    assert panels["Session Duration Now"]["type"] == "stat"
    assert panels["Files Modified by Type"]["fieldConfig"]["defaults"]["custom"]["stacking"]["mode"] == "normal"
    assert panels["Most Edited Files"]["targets"][0]["expr"].startswith("topk(10, ")
    assert "sum by (author)" in panels["Commits Over Time"]["targets"][0]["expr"]
    axes = panels["Lines Added/Removed"]["fieldConfig"]["overrides"][0]["properties"]
    assert {"id": "custom.axisPlacement", "value": "right"} in axes


def test_today_stands_on_top_whatever_time_is_shown() -> None:
    first = [panel for panel in BOARDS["obsd-activity"]["panels"] if panel["gridPos"]["y"] == 0]
    assert [panel["title"] for panel in first if panel.get("timeFrom") == "now/d"] == [
        "Sessions Today",
        "Commits Today",
        "Lines Written Today",
        "Agents' Share Today",
        "Cost Today",
    ]


@pytest.mark.parametrize("panel", PANELS, ids=titled)
def test_the_windows_of_a_panel_over_time_are_its_steps(panel: tuple[str, dict[str, Any]]) -> None:
    """Else bars overlap, or leave out what was between them; a rate is none of them."""
    for target in panel[1]["targets"]:
        windows = set(WINDOWS.findall(target["expr"]))
        assert windows <= {"$__range" if target["instant"] else "$__interval", "$__rate_interval"}
        assert target.get("interval") == ("$interval" if "$__interval" in windows else None)


@pytest.mark.parametrize("panel", PANELS, ids=titled)
def test_a_link_leads_to_a_dashboard_with_its_variables(panel: tuple[str, dict[str, Any]]) -> None:
    for link in panel[1]["fieldConfig"]["defaults"].get("links", []):
        path, _, query = link["url"].partition("?")
        board = BOARDS[path.removeprefix("/d/")]
        assert board["uid"] != panel[0]
        variables = {variable["name"] for variable in board["templating"]["list"]}
        chosen = re.findall(r"\$\{(\w+):queryparam\}|var-(\w+)=", query)
        assert {one or other for one, other in chosen} <= variables
        labels = re.findall(r"__(?:field\.labels|data\.fields)\.(\w+)", query)
        assert all(label in panel[1]["targets"][0]["expr"] for label in labels)


def test_every_dashboard_leads_to_another() -> None:
    leading = {uid for uid, panel in PANELS if panel["fieldConfig"]["defaults"].get("links")}
    assert leading == BOARDS.keys()


@pytest.mark.parametrize("panel", PANELS, ids=titled)
def test_a_panel_says_what_it_shows(panel: tuple[str, dict[str, Any]]) -> None:
    _, found = panel
    defaults = found["fieldConfig"]["defaults"]
    assert found["title"]
    assert found["description"]
    assert defaults["unit"]
    assert defaults["thresholds"]["steps"][0]["value"] is None
    assert all(target["legendFormat"] for target in found["targets"])
    named = {name for target in found["targets"] for name in NAMES.findall(target["expr"])}
    assert {name for name in named if ":" not in name} - existing() == set()
    assert {name for name in named if ":" in name} - recorded() == set()


@pytest.mark.parametrize("uid", BOARDS)
def test_a_dashboard_can_be_imported(uid: str) -> None:
    board = BOARDS[uid]
    assert board["uid"] == uid
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in board["panels"])
    variables = {variable["name"] for variable in board["templating"]["list"]}
    text = json.dumps([*(panel["targets"] for panel in board["panels"]), board["annotations"]])
    used = {one or other for one, other in VARIABLE.findall(text)}
    assert used - variables - BUILT_IN == set()
    assert variables - used - {"datasource"} == set(), "variables without a use"


def test_workspace_agent_and_interval_can_be_chosen() -> None:
    chosen = {variable["name"] for board in BOARDS.values() for variable in board["templating"]["list"]}
    assert chosen == {"datasource", "machine", "workspace", "agent", "interval"}


def test_provisioning_finds_them_where_the_package_puts_them() -> None:
    text = (FOLDER / "provisioning" / "dashboards" / "obsd.yml").read_text("utf-8")
    assert "path: /usr/share/obsd/grafana/dashboards\n" in text
    source = (FOLDER / "provisioning" / "datasources" / "obsd.yml").read_text("utf-8")
    assert "type: prometheus\n" in source
    assert "isDefault" not in source, "another source may be somebody's default"


def existing() -> set[str]:
    """Every name of a series that obsd exposes."""
    plain = {family.name for family in table.FAMILIES}
    histograms = {family.name for family in table.FAMILIES if family.kind == "histogram"}
    return plain | {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}


def recorded() -> set[str]:
    """Every name that a rule records."""
    rules = (ROOT / "packaging" / "prometheus" / "rules").glob("*.yml")
    return {name for path in rules for name in re.findall(r"record: (\S+)", path.read_text("utf-8"))}
