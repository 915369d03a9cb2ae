"""Every query of every panel, asked of a real Prometheus that scraped a real obsd: each returns data, and the right.

It has the label that a fleet's agent adds and evaluates the fleet's rules, too, so that one store answers the
dashboards of one machine and of many.
"""

from __future__ import annotations

import json
import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obsd.line_hashes import content_of
from tests import copilot_stub
from tests.copilot_stub import Copilot
from tests.otlp import AGENTS, HttpAgent, attributes, samples, send_once
from tests.support import Daemon, Repository, clean_environment, remove_tree, wait_until
from tests.system.monitoring_rig import Prometheus, Rack, free_port
from tests.system.monitoring_texts import filled, hurried, hurried_rules

FOLDER = Path(__file__).resolve().parents[2] / "packaging" / "grafana" / "dashboards"
BOARDS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
QUERIES = [
    (uid, panel["title"], target)
    for uid, board in BOARDS.items()
    for panel in board["panels"]
    for target in panel["targets"]
]
CHOICES = [
    (uid, variable["name"], variable["query"]["query"])
    for uid, board in BOARDS.items()
    for variable in board["templating"]["list"]
    if variable["type"] == "query"
]
ALL = {
    "machine": ".*",
    "workspace": ".*",
    "agent": ".*",
    "interval": "15m",
    "__interval": "15m",
    "__range": "1h",
    "__rate_interval": "10s",
}
ONE = ALL | {"machine": "desk", "workspace": "shop"}


@pytest.fixture(scope="module")
def store() -> Iterator[Prometheus]:
    """A Prometheus that has seen an hour's work in a minute."""
    folder = Path(tempfile.mkdtemp(prefix="ob", dir="/tmp")).resolve()
    daemon = Daemon(folder / "d")
    servers = Rack(folder / "rack")
    vendor = Copilot()
    try:
        rules = hurried_rules(folder / "rules")
        receiver = f"127.0.0.1:{free_port()}"
        daemon.configure(
            f'[sessions]\nidle_timeout_seconds = 1\n[telemetry]\nhttp = "{receiver}"\n{usage(vendor, folder)}'
        )
        daemon.start()
        repository = Repository(folder / "repo", clean_environment(folder))
        repository.write("README.md", "hello\n")
        repository.commit("docs: say hello to the world")
        daemon.add(repository.path, "shop")
        prometheus = Prometheus(folder / "rack" / "p", configuration(daemon, rules))
        servers.start(prometheus).wait_for('obsd_watcher_up{workspace="shop"}', 1)
        work(daemon, repository, receiver)
        tell(receiver)
        prometheus.wait_for('sum(obsd_agent_tokens_total{agent="claude-code"})', 38)
        prometheus.wait_for('sum(git_commits_total{workspace="shop"})', 3)
        prometheus.wait_for('sum(obsd_session_length_seconds_count{workspace="shop"}) >= bool 1', 1)
        prometheus.wait_for('sum(obsd_commit_origin_lines_total{evidence="editor"})', 1)
        prometheus.wait_for('sum(machine_workspace_agent:obsd_commits_total:sum{workspace="shop"})', 3)
        yield prometheus
    finally:
        servers.stop()
        if daemon.process is not None:
            daemon.stop()
        vendor.shutdown()
        vendor.server_close()
        remove_tree(folder)


def configuration(daemon: Daemon, rules: Path) -> str:
    """What obsctl prints, hurried, with the fleet's rules and the label that a fleet's agent adds."""
    text = hurried(daemon.obsctl("prometheus-config", "--whole").stdout, rules)
    text = text.replace("obsd.recording.yml", "*.yml")
    return text + '        labels: {machine: "desk"}\n'


def usage(vendor: Copilot, folder: Path) -> str:
    """The section of the configuration for a vendor that has yesterday."""
    yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))
    vendor.add("users-1-day", yesterday, copilot_stub.user(yesterday))
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(copilot_stub.TOKEN)
    return f'[usage.copilot]\ntoken_file = "{token}"\norganization = "acme"\nurl = "{vendor.url}"\nreports = []\n'


def edit(daemon: Daemon, path: Path, receiver: str) -> None:
    """An editor's reports of a suggestion that was accepted, and of a file that was saved."""
    suggested: dict[str, Any] = {
        "path": str(path),
        "provider": "GitHub.copilot",
        "outcome": "accepted",
        "count": 1,
        "lines": 1,
    }
    changes = json.dumps([{"origin": "accepted", "provider": "GitHub.copilot"}])
    saved: dict[str, Any] = {
        "path": str(path),
        "content": content_of(path.read_bytes()).blob,
        "whole": True,
        "changes": changes,
    }
    reports = (("suggestion", suggested | {"characters": 2}), ("saved", saved | {"reloaded": 0.0}))
    for number, (name, words) in enumerate(reports):
        own = attributes(event__name=f"obsd.editor.{name}", id=f"w:{number}", **words)
        record = {"timeUnixNano": str(time.time_ns()), "attributes": own}
        logs = {"scope": {"name": "obsd.vscode"}, "logRecords": [record]}
        body = json.dumps({"resourceLogs": [{"scopeLogs": [logs]}]}).encode()
        assert send_once(receiver, "logs", body)[0] == 200
    daemon.wait_for("obsd_agent_changes_total", 1, workspace="shop", agent="copilot-vscode", evidence="editor")


def work(daemon: Daemon, repository: Repository, receiver: str) -> None:
    """Files of two types, commits by two authors, one of them an agent, an amend, and an editor at the end."""
    for number in range(3):
        repository.write("a.py", f"{number}\n" * (number + 1))
        daemon.settle("shop")
    repository.write("docs/b.md", "text\n")
    daemon.settle("shop")
    repository.commit("feat: count to two")
    repository.write("a.py", "another\n")
    repository.commit("feat: count by an agent", CLAUDECODE="1", AI_AGENT="claude-code_2-1-197_agent")
    repository.git("commit", "-q", "--amend", "-m", "feat: count by an agent, in other words")
    edit(daemon, repository.write("c.py", "1\n"), receiver)
    repository.commit("feat: count by another person", GIT_AUTHOR_NAME="Grace Hopper")
    daemon.wait_for("git_commits_total", 3, workspace="shop")


def tell(receiver: str) -> None:
    """Sends what real agents sent."""
    client = HttpAgent(receiver)
    for agent in AGENTS:
        for signal, body in samples(agent):
            assert client.send(signal, json.dumps(body).encode())[0] == 200
    client.close()


@pytest.mark.parametrize(("uid", "title", "target"), QUERIES, ids=[f"{q[0]}: {q[1]} {q[2]['refId']}" for q in QUERIES])
def test_a_query_returns_data(store: Prometheus, uid: str, title: str, target: dict[str, Any]) -> None:
    # What was sent has no process in the workspace, and so belongs to none.
    one = ONE | {"workspace": ".*"} if uid == "obsd-telemetry" or title == "Cost Today" else ONE
    for values in (ALL, one):
        expr = filled(target["expr"], values)
        wait_until(lambda: numbers(store, expr, target["instant"]), f"data for {expr}")  # noqa: B023 - called at once


def numbers(store: Prometheus, expr: str, instant: bool) -> list[float]:
    """The values of a query that are numbers, asked in the panel's way."""
    if instant:
        found = [value for _, value in store.query(expr)]
    else:
        found = [float(value) for series in store.query_range(expr) for _, value in series["values"]]
    return [value for value in found if not math.isnan(value)]


@pytest.mark.parametrize(("uid", "name", "definition"), CHOICES, ids=[f"{c[0]}: {c[1]}" for c in CHOICES])
def test_a_variable_has_values(store: Prometheus, uid: str, name: str, definition: str) -> None:
    selector, _, label = filled(definition, ALL).removeprefix("label_values(").removesuffix(")").rpartition(", ")
    found = store.ask("series", **{"match[]": selector})
    assert {series.get(label) for series in found} - {None}


def asked(store: Prometheus, uid: str, title: str, ref: str = "A", **values: str) -> dict[str, float]:
    """A panel's answer of this moment, by the values of its labels."""
    [target] = [found for board, panel, found in QUERIES if (board, panel, found["refId"]) == (uid, title, ref)]
    return {" ".join(labels.values()): value for labels, value in store.query(filled(target["expr"], ONE | values))}


def test_the_numbers_are_right_with_the_first_count_of_what_is_new(store: Prometheus) -> None:
    assert asked(store, "obsd-activity", "Most Edited Files") == {"a.py shop": 3}
    commits = {name: value for name, value in asked(store, "obsd-activity", "Commits Over Time").items() if value}
    assert commits == {"Ada Lovelace": 2, "Grace Hopper": 1}
    types = asked(store, "obsd-activity", "File Types")
    assert (types["python"], types["markdown"]) == (5, 1)
    assert asked(store, "obsd-activity", "Lines Added/Removed", "A") == {"added": 6}
    assert asked(store, "obsd-activity", "Lines Added/Removed", "B") == {"removed": 3}
    agents = asked(store, "obsd-agents", "Commits by Agent")
    assert (agents["claude-code"], agents["unknown"]) == (1, 2)
    tokens = {"claude-code": 38, "codex": 30, "copilot-cli": 4, "gemini-cli": 4}
    wait_until(lambda: asked(store, "obsd-telemetry", "Tokens by Agent", workspace=".*") == tokens, "tokens")
    assert asked(store, "obsd-health", "Watchers") == {"desk shop": 1}
