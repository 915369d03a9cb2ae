"""A real Prometheus scrapes a real obsd by the configuration that obsctl prints, and a real Alertmanager is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import Daemon, Repository, wait_until
from tests.system.monitoring_rig import Alertmanager, Prometheus, Rack, rack
from tests.system.monitoring_texts import hurried, hurried_rules


@pytest.fixture
def servers(short_tmp: Path) -> Iterator[Rack]:
    yield from rack(short_tmp)


def whole(daemon: Daemon, folder: Path, alertmanager: str = "127.0.0.1:9") -> str:
    """What `obsctl prometheus-config --whole` prints, hurried, for an Alertmanager."""
    printed = daemon.obsctl("prometheus-config", "--whole")
    assert printed.code == 0, printed
    return hurried(printed.stdout, hurried_rules(folder)).replace("127.0.0.1:9093", alertmanager)


def test_it_scrapes_what_obsctl_prints(servers: Rack, obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "shop")
    printed = obsd_daemon.obsctl("prometheus-config", "--whole").stdout
    prometheus = servers.start(Prometheus(servers.folder / "p", hurried(printed)))
    prometheus.wait_until_up()
    # As the origin had it, before the test hurried it.
    assert "scrape_interval: 5s\n    scrape_timeout: 2s\n    metrics_path: /metrics\n" in printed
    assert prometheus.target()["scrapeUrl"] == obsd_daemon.json("status")["metrics_url"]

    repository.write("a.py", "one\n")
    obsd_daemon.settle("shop")
    repository.write("a.py", "one\ntwo\n")
    obsd_daemon.settle("shop")
    repository.commit("feat: count to two")
    job = 'job="agent-activity-tracker", workspace="shop"'
    prometheus.wait_for(f'git_commits_total{{{job}, author="Ada Lovelace", branch="main"}}', 1)
    assert prometheus.value(f'up{{job="agent-activity-tracker", instance="{prometheus_instance(obsd_daemon)}"}}') == 1
    for operation in ("created", "modified"):
        series = f'copilot_files_modified_total{{{job}, file_type="python", operation="{operation}"}}'
        assert prometheus.value(series) == 1
    assert prometheus.value(f'copilot_lines_changed_sum{{{job}, file_type="python"}}') == 2
    assert prometheus.value(f"git_commit_lines_added{{{job}, branch='main'}}") == 2


def prometheus_instance(daemon: Daemon) -> str:
    return str(daemon.json("status")["metrics_url"].split("/")[2])


def test_a_scrape_needs_the_token(servers: Rack, make_daemon: Callable[[str], Daemon]) -> None:
    daemon = make_daemon("d")
    token = daemon.etc / "token"
    token.write_text("a-secret-that-is-long\n")
    token.chmod(0o600)
    daemon.configure(f'token_file = "{token}"')
    daemon.start()
    printed = daemon.obsctl("prometheus-config", "--whole").stdout
    assert "a-secret" not in printed
    prometheus = servers.start(Prometheus(servers.folder / "with", hurried(printed)))
    prometheus.wait_until_up()

    lines = [line for line in printed.splitlines() if "authorization" not in line and "credentials" not in line]
    without = servers.start(Prometheus(servers.folder / "without", hurried("\n".join(lines))))
    wait_until(lambda: without.target()["health"] == "down", "a refused scrape")
    assert "401" in without.target()["lastError"]


def test_rules_are_evaluated_and_an_alert_arrives(servers: Rack, obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "shop", "--no-hooks")
    told = servers.start(Alertmanager(servers.folder / "a"))
    text = whole(obsd_daemon, servers.folder / "rules", told.address)
    prometheus = servers.start(Prometheus(servers.folder / "p", text))
    prometheus.wait_for('obsd_commits_recovered_total{workspace="shop"}', 0)

    for number in range(4):
        repository.write("a.py", f"{number}\n")
        repository.commit(f"feat: count to {number}")
    prometheus.wait_for('obsd_commits_recovered_total{workspace="shop"}', 4)
    alert = wait_until(lambda: told.alerts().get("ObsdHooksSilent"), "an alert", 60)
    assert alert["labels"]["workspace"] == "shop"
    assert alert["annotations"]["runbook"] == "docs/runbook.md#obsdhookssilent"
    assert "shop" in alert["annotations"]["summary"]

    groups = prometheus.ask("rules")["groups"]
    assert {group["name"] for group in groups} >= {"obsd-recording", "obsd-health", "obsd-activity"}
    wait_until(lambda: healths(prometheus) == {"ok"}, "every rule to be evaluated")
    prometheus.wait_for('workspace:obsd_commits_total:sum{workspace="shop"}', 4)


def healths(prometheus: Prometheus) -> set[str]:
    """What Prometheus says of the last evaluations of all rules."""
    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert all(not rule.get("lastError") for rule in rules), rules
    return {rule["health"] for rule in rules}


def test_a_daemon_that_is_gone_is_down_and_its_numbers_come_back(
    servers: Rack, obsd_daemon: Daemon, repository: Repository
) -> None:
    obsd_daemon.add(repository.path, "shop")
    # Port 0 takes another one after a restart.
    address = prometheus_instance(obsd_daemon)
    obsd_daemon.configure(listen=address)
    prometheus = servers.start(Prometheus(servers.folder / "p", whole(obsd_daemon, servers.folder / "rules")))
    prometheus.wait_until_up()
    repository.write("a.py", "one\n")
    prometheus.wait_for('workspace:copilot_files_modified_total:sum{workspace="shop"}', 1)

    assert obsd_daemon.stop() == 0
    repository.write("b.py", "one\n")
    prometheus.wait_for('up{job="agent-activity-tracker"}', 0)
    wait_until(lambda: "ObsdDown" in alerts(prometheus), "a pending alert")
    obsd_daemon.start()
    prometheus.wait_for('workspace:copilot_files_modified_total:sum{workspace="shop"}', 2)
    prometheus.wait_for('resets(copilot_files_modified_total{file_type="python", operation="created"}[5m])', 0)
    wait_until(lambda: "ObsdDown" not in alerts(prometheus), "the end of the alert")


def alerts(prometheus: Prometheus) -> set[str]:
    """The alerts that are pending or fire."""
    return {alert["labels"]["alertname"] for alert in prometheus.ask("alerts")["alerts"]}
