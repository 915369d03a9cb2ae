"""Machines that nothing can scrape: a real Pushgateway takes the push, a real node_exporter the textfile."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import Daemon, Repository
from tests.system.monitoring_rig import NodeExporter, Prometheus, Pushgateway, Rack, rack
from tests.system.monitoring_texts import hurried


@pytest.fixture
def servers(short_tmp: Path) -> Iterator[Rack]:
    yield from rack(short_tmp)


def test_a_pushgateway_takes_the_push_and_prometheus_gets_it(
    servers: Rack, make_daemon: Callable[[str], Daemon], repository: Repository
) -> None:
    gateway = servers.start(Pushgateway(servers.folder / "g"))
    daemon = make_daemon("d")
    daemon.configure(f'[push]\npushgateway = "{gateway.url}"\ninterval_seconds = 1\nmachine = "attic/2"', listen="")
    daemon.start()
    daemon.add(repository.path, "shop")
    printed = daemon.obsctl("prometheus-config", "--whole").stdout
    assert "honor_labels: true" in printed
    prometheus = servers.start(Prometheus(servers.folder / "p", hurried(printed)))
    prometheus.wait_until_up("pushgateway")

    repository.write("a.py", "one\n")
    labels = 'job="agent-activity-tracker", machine="attic/2"'
    series = f'copilot_files_modified_total{{{labels}, workspace="shop", file_type="python", operation="created"}}'
    prometheus.wait_for(series, 1)
    prometheus.wait_for_any(f"push_time_seconds{{{labels}}} > 0")
    assert prometheus.query(f"push_failure_time_seconds{{{labels}}} > 0") == []
    assert daemon.json("status")["warnings"] == []

    # A workspace that is removed goes from the gateway, too, and what was true at the end stays.
    daemon.obsctl("remove-workspace", "shop")
    assert daemon.stop() == 0
    prometheus.wait_for(f"count(obsd_watcher_up{{{labels}}}) or vector(0)", 0)
    assert prometheus.value(f"obsd_build_info{{{labels}}}") == 1


def test_node_exporter_takes_the_textfile(servers: Rack, obsd_daemon: Daemon, repository: Repository) -> None:
    exporter = servers.start(NodeExporter(servers.folder / "n"))
    obsd_daemon.add(repository.path, "shop")
    assert obsd_daemon.obsctl("metrics", "--textfile", str(exporter.folder / "obsd.prom")).code == 0
    text = f'scrape_configs:\n  - job_name: node\n    static_configs:\n      - targets: ["{exporter.address}"]\n'
    head = "global:\n  scrape_interval: 1s\n"
    prometheus = servers.start(Prometheus(servers.folder / "p", head + text))
    prometheus.wait_for('obsd_watcher_up{job="node", workspace="shop"}', 1)
    assert prometheus.value("node_textfile_scrape_error") == 0


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (Debian: prometheus)")
def test_promtool_has_nothing_to_say(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "shop")
    repository.write("a.py", "one\n")
    repository.commit("feat: count to one")
    obsd_daemon.wait_for("git_commits_total", 1, workspace="shop")
    text = obsd_daemon.obsctl("metrics").stdout
    result = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
