"""What agents send, taken by a real daemon over both protocols: totals, restarts, resends, privacy, hostile input."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import pytest

from tests.otlp import AGENTS, GrpcAgent, HttpAgent, binary, claude_metrics, point, samples
from tests.samples import Samples
from tests.support import Daemon, Repository

TOTALS: dict[str, dict[str, float]] = {
    "claude-code": {
        "obsd_agent_tokens_total{input}": 20,
        "obsd_agent_tokens_total{output}": 18,
        "obsd_agent_cost_usd_total{}": 0.00055,
        "obsd_agent_declared_commits_total{}": 1,
        "obsd_agent_requests_total{ok}": 2,
        "obsd_agent_tool_calls_total{shell,ok}": 1,
        "obsd_agent_tool_decisions_total{shell,automatic}": 1,
        "obsd_agent_sessions_total{}": 1,
        "obsd_agent_active_seconds_total{}": 1.366,
        "obsd_agent_request_seconds_count{}": 2,
        "obsd_agent_request_seconds_sum{}": 0.112,
    },
    "codex": {
        "obsd_agent_tokens_total{input}": 20,
        "obsd_agent_tokens_total{output}": 10,
        "obsd_agent_requests_total{ok}": 2,
        "obsd_agent_tool_calls_total{shell,ok}": 1,
        "obsd_agent_tool_decisions_total{shell,automatic}": 1,
        "obsd_agent_sessions_total{}": 1,
        "obsd_agent_request_seconds_count{}": 2,
        "obsd_agent_request_seconds_sum{}": 0.042,
    },
    "copilot-cli": {
        "obsd_agent_tokens_total{input}": 2,
        "obsd_agent_tokens_total{output}": 2,
        "obsd_agent_requests_total{ok}": 2,
        "obsd_agent_tool_calls_total{shell,ok}": 1,
        "obsd_agent_sessions_total{}": 1,
        "obsd_agent_request_seconds_count{}": 2,
    },
    "gemini-cli": {
        "obsd_agent_tokens_total{input}": 2,
        "obsd_agent_tokens_total{output}": 2,
        "obsd_agent_requests_total{ok}": 2,
        "obsd_agent_tool_calls_total{shell,ok}": 1,
        "obsd_agent_tool_decisions_total{shell,accepted}": 1,
        "obsd_agent_sessions_total{}": 1,
        "obsd_agent_request_seconds_count{}": 2,
        "obsd_agent_request_seconds_sum{}": 0.117,
    },
}


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


class Receiving:
    """A daemon that receives telemetry, and the addresses."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.grpc, self.http = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        daemon.configure(f'[telemetry]\ngrpc = "{self.grpc}"\nhttp = "{self.http}"')
        daemon.start()


@pytest.fixture
def receiving(make_daemon: Callable[[str], Daemon]) -> Receiving:
    """A running daemon that receives on both protocols."""
    return Receiving(make_daemon("d"))


@pytest.fixture
def agent(receiving: Receiving) -> Iterator[HttpAgent]:
    """An agent that speaks HTTP."""
    made = HttpAgent(receiving.http)
    yield made
    made.close()


def assert_totals(scrape: Samples, agent: str, times: int = 1) -> None:
    """Holds all that an agent is known to have said against a scrape, in whatever workspace."""
    for series, expected in TOTALS[agent].items():
        name, _, words = series.rstrip("}").partition("{")
        found = [
            value
            for having, value in scrape.matching(name, agent=agent)
            if {*having.values()} >= {word for word in words.split(",") if word}
        ]
        assert sum(found) == pytest.approx(expected * times, abs=1e-6), series


@pytest.mark.parametrize("agent_name", AGENTS)
def test_samples_give_exact_totals_over_grpc(receiving: Receiving, agent_name: str) -> None:
    client = GrpcAgent(receiving.grpc)
    for signal, body in samples(agent_name):
        assert not client.send(signal, binary(signal, body)).HasField("partial_success")
    assert_totals(receiving.daemon.scrape(), agent_name)
    client.close()


@pytest.mark.parametrize("form", ["json", "protobuf"])
@pytest.mark.parametrize("compress", [False, True], ids=["identity", "gzip"])
def test_samples_give_exact_totals_over_http(receiving: Receiving, agent: HttpAgent, form: str, compress: bool) -> None:
    for name in AGENTS:
        for signal, body in samples(name):
            raw = json.dumps(body).encode() if form == "json" else binary(signal, body)
            assert agent.send(signal, raw, form, compress) == (200, {} if form == "json" else b"")
    scrape = receiving.daemon.scrape()
    for name in AGENTS:
        assert_totals(scrape, name)


def test_a_resend_and_a_restart_change_nothing(receiving: Receiving) -> None:
    for restart in (False, True):
        if restart:
            receiving.daemon.restart()
        client = GrpcAgent(receiving.grpc)
        for name in AGENTS:
            for signal, body in [*samples(name), *samples(name)]:
                client.send(signal, binary(signal, body))
        scrape = receiving.daemon.scrape()
        for name in AGENTS:
            assert_totals(scrape, name)
        client.close()


def test_cumulative_counts_go_on_after_a_restart(receiving: Receiving) -> None:
    for value, time_ns in ((5, 10), (7, 20), (7, 30), (12, 40)):
        agent = HttpAgent(receiving.http)
        body = claude_metrics(point(value, time_ns), temporality=2)
        assert agent.send("metrics", json.dumps(body).encode())[0] == 200
        agent.close()
        receiving.daemon.restart(SIGKILL if value == 7 else SIGTERM)
    assert receiving.daemon.scrape().value("obsd_agent_tokens_total", agent="claude-code", kind="input") == 12


def test_the_connection_tells_the_workspace(receiving: Receiving, repository: Repository) -> None:
    receiving.daemon.add(repository.path, "repo")
    script = (
        "import sys; sys.path.insert(0, sys.argv[2]);"
        "from tests.otlp import *;"
        "a = HttpAgent(sys.argv[1]);"
        "[a.send(s, json.dumps(b).encode()) for s, b in samples('claude-code')]"
    )
    run_in(repository.path, script, receiving.http)
    check_workspace(receiving.daemon, "claude-code", "repo")
    seen = receiving.daemon.obsctl("status")
    assert seen.code == 0


def run_in(folder: Path, script: str, *arguments: str) -> None:
    """Runs a Python script as a process that works in a folder; its second argument is the checkout."""
    root = str(Path(__file__).resolve().parents[3])
    subprocess.run([sys.executable, "-c", script, *arguments, root], cwd=folder, check=True, timeout=60)


def check_workspace(daemon: Daemon, agent: str, workspace: str) -> None:
    """All tokens of an agent are shown under a workspace."""
    scrape = daemon.scrape()
    assert scrape.sum("obsd_agent_tokens_total", agent=agent, workspace=workspace) == 38
    assert scrape.sum("obsd_agent_tokens_total", agent=agent) == 38


def test_a_commit_whose_hook_names_the_session_joins_it(receiving: Receiving, repository: Repository) -> None:
    daemon = receiving.daemon
    daemon.add(repository.path, "repo")
    repository.environment.update({"OBSD_SOCKET": str(daemon.socket)})
    repository.write("a.py", "x = 1\n")
    session = "f0477de3-e99e-4224-9acc-d827bb592535"
    repository.commit("feat: say one", CLAUDECODE="1", CLAUDE_CODE_SESSION_ID=session)
    daemon.wait_for("git_commits_total", 1, workspace="repo")
    daemon.wait_for("obsd_commits_total", 1, workspace="repo", agent="claude-code", evidence="environment")
    agent = HttpAgent(receiving.http)
    for signal, body in samples("claude-code"):
        agent.send(signal, json.dumps(body).encode())
    agent.close()
    check_workspace(daemon, "claude-code", "repo")


SECRET = "hunter2-correct-horse-battery-staple"


def with_secrets(value: Any) -> Any:
    """A request with a secret planted beside everything that it says."""
    if isinstance(value, list):
        return [with_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    planted = {key: with_secrets(item) for key, item in value.items()}
    if "attributes" in planted:
        names = ("prompt", "response", "arguments", "output", "tool_name.x", "gen_ai.input.messages", "file_path")
        planted["attributes"] = [
            *planted["attributes"],
            *({"key": name, "value": {"stringValue": f"{SECRET} {name}"}} for name in names),
            {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": SECRET}]}}},
        ]
    if "stringValue" in planted.get("body", {}) or "severityNumber" in planted:
        planted["body"] = {"stringValue": SECRET}
    return planted


def test_no_content_is_ever_kept(receiving: Receiving, agent: HttpAgent) -> None:
    for name in AGENTS:
        for signal, body in samples(name):
            planted = json.dumps(with_secrets(body))
            planted = planted.replace('"run_shell_command"', f'"{SECRET}"').replace('"Bash"', f'"{SECRET}"')
            assert SECRET in planted
            assert agent.send(signal, planted.encode())[0] == 200
    assert agent.send("logs", f'{{"resourceLogs": "{SECRET}"}}'.encode())[0] == 400
    daemon = receiving.daemon
    shown = daemon.scrape().text + daemon.obsctl("--json", "status").stdout
    assert daemon.scrape().sum("obsd_agent_tokens_total") > 0
    daemon.stop()
    kept = b"".join(path.read_bytes() for path in daemon.home.rglob("*") if path.is_file())
    for secret in (SECRET, "hunter2"):
        assert secret not in shown
        assert secret not in daemon.log
        assert secret.encode() not in kept
