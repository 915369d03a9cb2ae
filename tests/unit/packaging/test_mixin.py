"""The mixin: without a configuration it is what is checked in, and with one it follows it. jsonnet itself judges."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml")
PACKAGING = Path(__file__).resolve().parents[3] / "packaging"
MIXIN = PACKAGING / "mixin"

jsonnet = pytest.mark.skipif(shutil.which("jsonnet") is None, reason="not installed: apt install jsonnet")


def evaluated(configuration: str = "{}") -> dict[str, Any]:
    """All parts of the mixin."""
    code = (
        f"local m = (import '{MIXIN}/mixin.libsonnet') + {configuration};"
        "{alerts: m.prometheusAlerts, recording: m.prometheusRules, fleet: m.fleetRules, boards: m.grafanaDashboards}"
    )
    done = subprocess.run(["jsonnet", "--exec", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_rules_in_json_are_those_in_yaml() -> None:
    spec = importlib.util.spec_from_file_location("generate_mixin", MIXIN / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    there = {path.name: path.read_text("utf-8") for path in (MIXIN / "rules").iterdir()}
    assert there == module.rendered(), "packaging/mixin/generate.py writes them"


@jsonnet
def test_without_a_configuration_it_is_what_is_checked_in() -> None:
    found = evaluated()
    for part in ("alerts", "recording", "fleet"):
        text = (PACKAGING / f"prometheus/rules/obsd.{part}.yml").read_text("utf-8")
        assert found[part] == {"groups": yaml.safe_load(text)["groups"]}
    boards = {path.name: json.loads(path.read_text("utf-8")) for path in (PACKAGING / "grafana/dashboards").iterdir()}
    assert found["boards"] == boards


@jsonnet
def test_job_runbook_and_tags_are_those_of_the_configuration() -> None:
    found = evaluated("{_config+:: {job: 'machines', runbook: 'https://wiki/', dashboardTags: ['team']}}")
    text = json.dumps(found)
    assert "agent-activity-tracker" not in text
    assert 'job=\\"machines\\"' in text
    runbooks = [rule["annotations"]["runbook"] for group in found["alerts"]["groups"] for rule in group["rules"]]
    assert runbooks
    assert all(one.startswith("https://wiki/runbook.md#") for one in runbooks)
    assert all(board["tags"][-1] == "team" for board in found["boards"].values())
