"""Beyond one machine: Prometheus in agent mode sends on to a real VictoriaMetrics, where vmalert records for the fleet.

The configuration of the agents is what obsctl prints; two daemons stand for two machines.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import Daemon, Repository
from tests.system.monitoring_rig import Prometheus, Rack, Store, VictoriaMetrics, Vmalert, rack
from tests.system.monitoring_texts import RULES, filled, hurried, hurried_rules

DASHBOARDS = {path.stem: json.loads(path.read_text("utf-8")) for path in RULES.parents[1].glob("grafana/dashboards/*")}
CHOSEN = {
    "machine": ".*",
    "workspace": ".*",
    "agent": ".*",
    "interval": "1m",
    "__interval": "1m",
    "__range": "5m",
    "__rate_interval": "10s",
}
STAYS = ("Most Edited Files", "Commits Over Time", "Median Session Length")
"""Panels of series that do not leave their machine."""
UNSAID = ("Cost Today",)
"""Panels of what agents declare: nobody sends telemetry here."""
UNBOUNDED = ("filename", "author", "branch", "le")


@pytest.fixture
def servers(short_tmp: Path) -> Iterator[Rack]:
    yield from rack(short_tmp)


def send_on(servers: Rack, daemon: Daemon, machine: str, url: str) -> None:
    """Runs Prometheus in agent mode beside a daemon."""
    printed = daemon.obsctl("prometheus-config", "--remote-write", url, "--machine", machine)
    assert printed.code == 0, printed
    servers.start(Prometheus(servers.folder / machine, hurried(printed.stdout), "--enable-feature=agent"))


def two_machines(make_daemon: Callable[[str], Daemon], repository: Repository, store: Store, servers: Rack) -> None:
    """`desk` has a workspace with a commit by an agent, `attic` one without."""
    desk, attic = make_daemon("desk").start(), make_daemon("attic").start()
    desk.add(repository.path, "shop")
    attic.add(attic.etc, "shop", "--no-hooks")
    for machine, daemon in (("desk", desk), ("attic", attic)):
        send_on(servers, daemon, machine, f"{store.url}/api/v1/write")
        # Growth is seen from the first scrape on.
        store.wait_for(f'obsd_watcher_up{{machine="{machine}", workspace="shop", job="agent-activity-tracker"}}', 1)
    repository.write("a.py", "one\ntwo\n")
    repository.commit("feat: count to two", CLAUDECODE="1", AI_AGENT="claude-code_2-1-197_agent")
    desk.wait_for("git_commits_total", 1, workspace="shop")


def assert_recorded(store: Store) -> None:
    """The fleet's series are there, and right."""
    recorded = "machine_workspace_agent:obsd_commits_total:sum"
    store.wait_for(f'{recorded}{{machine="desk", workspace="shop", agent="claude-code"}}', 1)
    store.wait_for(f'sum({recorded}{{machine="attic"}})', 0)
    store.wait_for('agent:obsd_commit_lines_total:sum{agent="claude-code"}', 2)
    store.wait_for("count(machine:obsd_up_since_timestamp_seconds:max)", 2)
    store.wait_for("sum(machine_workspace:obsd_watcher_up:min)", 2)
    store.wait_for("sum(version:obsd_build_info:count)", 2)


def assert_bounded(store: Store) -> None:
    """No series of a file, a person, a branch or a bucket has left its machine."""
    store.wait_for_any('copilot_files_modified_total{machine="desk", file_type="python"}')
    for label in UNBOUNDED:
        assert store.query(f'count({{__name__=~"(copilot|git|obsd)_.+", {label}!=""}})') == [], label


def assert_answered(store: Store, uid: str) -> None:
    """Every panel of a dashboard has data, but for what stays on the machines."""
    for panel in DASHBOARDS[uid]["panels"]:
        for target in panel["targets"]:
            expr = filled(target["expr"], CHOSEN)
            if panel["title"] in STAYS:
                assert store.query(expr) == [], expr
            elif panel["title"] not in UNSAID:
                store.wait_for_any(expr)


def test_victoria_metrics_gets_it_and_vmalert_records_it(
    servers: Rack, make_daemon: Callable[[str], Daemon], repository: Repository
) -> None:
    store = servers.start(VictoriaMetrics(servers.folder / "v"))
    rules = hurried_rules(servers.folder / "rules") / "obsd.fleet.yml"
    servers.start(Vmalert(servers.folder / "r", store, rules))
    two_machines(make_daemon, repository, store, servers)
    assert_recorded(store)
    assert_bounded(store)
    for uid in DASHBOARDS.keys() - {"obsd-telemetry"}:  # nobody sends telemetry here
        assert_answered(store, uid)


def test_a_prometheus_that_receives_does_as_well(
    servers: Rack, make_daemon: Callable[[str], Daemon], repository: Repository
) -> None:
    rules = hurried_rules(servers.folder / "rules") / "obsd.fleet.yml"
    text = f'global:\n  evaluation_interval: 1s\nrule_files:\n  - "{rules}"\n'
    store = servers.start(Prometheus(servers.folder / "c", text, "--web.enable-remote-write-receiver"))
    two_machines(make_daemon, repository, store, servers)
    assert_recorded(store)
    assert_bounded(store)


def test_a_machine_can_evaluate_the_rules_itself(
    servers: Rack, make_daemon: Callable[[str], Daemon], repository: Repository
) -> None:
    store = servers.start(VictoriaMetrics(servers.folder / "v"))
    daemon = make_daemon("d").start()
    daemon.add(repository.path, "shop")
    text = (RULES.parents[2] / "docs" / "fleet.md").read_text("utf-8").rpartition("```yaml\n")[2].partition("```")[0]
    text = hurried(text, hurried_rules(servers.folder / "rules"))
    text = text.replace("127.0.0.1:8000", daemon.json("status")["metrics_url"].split("/")[2])
    text = text.replace("http://victoria-metrics.example.org:8428", store.url)
    servers.start(Prometheus(servers.folder / "p", text))
    repository.write("a.py", "one\ntwo\n")
    repository.commit("feat: count to two", CLAUDECODE="1", AI_AGENT="claude-code_2-1-197_agent")
    recorded = 'machine_workspace_agent:obsd_commits_total:sum{machine="name-of-this-machine", agent="claude-code"}'
    store.wait_for(recorded, 1)
    assert store.query('count({__name__=~"(copilot|git|obsd|scrape)_.+"})') == []
    assert_answered(store, "obsd-fleet")


def test_what_the_store_misses_is_sent_when_it_is_back(
    servers: Rack, make_daemon: Callable[[str], Daemon], repository: Repository
) -> None:
    store = VictoriaMetrics(servers.folder / "v")
    daemon = make_daemon("d").start()
    daemon.add(repository.path, "shop")
    send_on(servers, daemon, "desk", f"{store.url}/api/v1/write")
    repository.write("a.py", "one\n")
    daemon.wait_for("copilot_files_modified_total", 1, file_type="python")
    servers.start(store)
    store.wait_for('copilot_files_modified_total{machine="desk", file_type="python", operation="created"}', 1)
