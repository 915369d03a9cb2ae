"""The rules for Prometheus: each says what to do, speaks of metrics that exist, and is tested to fire and not to.

Prometheus itself judges them where promtool is installed; the rest holds everywhere.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from obsd.views.metrics import catalog as table

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "packaging" / "prometheus"
RULES = sorted((FOLDER / "rules").glob("*.yml"))
TESTS = sorted((FOLDER / "tests").glob("*.yml"))
ALERTS = (FOLDER / "rules" / "obsd.alerts.yml").read_text("utf-8")
CASES = (FOLDER / "tests" / "alerts_test.yml").read_text("utf-8")
BLOCKS = {block.split("\n", 1)[0]: block for block in ALERTS.split("      - alert: ")[1:]}
NAMES = re.compile(r"(?:\b[a-z_]+:)?\b(?:copilot|obsd|git)_[a-z0-9_]+(?::[a-z0-9_]+)?")

promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (Debian: prometheus)")


def run(*arguments: str | Path) -> str:
    """What promtool prints; it must be content."""
    result = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def existing() -> set[str]:
    """Every name of a series that obsd exposes."""
    plain = {family.name for family in table.FAMILIES}
    histograms = {family.name for family in table.FAMILIES if family.kind == "histogram"}
    return plain | {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}


def anchors() -> set[str]:
    """What the headings of the runbook can be linked by."""
    headings = re.findall(r"^## (\S+)$", (ROOT / "docs" / "runbook.md").read_text("utf-8"), re.MULTILINE)
    return {heading.lower() for heading in headings}


@promtool
@pytest.mark.parametrize("rules", RULES, ids=lambda path: path.name)
def test_prometheus_takes_the_rules(rules: Path) -> None:
    assert "SUCCESS" in run("check", "rules", "--lint-fatal", rules)


@promtool
@pytest.mark.parametrize("cases", TESTS, ids=lambda path: path.name)
def test_they_fire_when_they_should_and_only_then(cases: Path) -> None:
    assert "SUCCESS" in run("test", "rules", cases)


@pytest.mark.parametrize("alert", BLOCKS)
def test_an_alert_says_what_it_is_and_what_to_do(alert: str) -> None:
    block = BLOCKS[alert]
    assert re.search(r"severity: (critical|warning|info)\n", block)
    assert re.search(r'summary: ".{20,}"', block)
    assert re.search(r'description: ".{40,}"', block)
    assert f'runbook: "docs/runbook.md#{alert.lower()}"' in block
    assert alert.lower() in anchors()


def test_the_runbook_has_nothing_that_is_no_alert() -> None:
    assert anchors() == {alert.lower() for alert in BLOCKS}


@pytest.mark.parametrize("alert", BLOCKS)
def test_an_alert_is_tested_to_fire_and_not_to(alert: str) -> None:
    found = re.findall(rf"alertname: {alert}\n +exp_alerts:( \[\])?", CASES)
    assert "" in found, "never fires"
    assert " []" in found, "always fires"


@pytest.mark.parametrize("rules", RULES, ids=lambda path: path.name)
def test_rules_speak_of_metrics_that_exist(rules: Path) -> None:
    recorded = {name for each in RULES for name in re.findall(r"record: (\S+)", each.read_text("utf-8"))}
    lines = [line for line in rules.read_text("utf-8").splitlines() if not line.lstrip().startswith("#")]
    named = {name for line in lines for name in NAMES.findall(line)}
    assert {name for name in named if ":" in name} - recorded == set()
    assert {name for name in named if ":" not in name} - existing() == set()
