"""What an agent says of its session beside what a real daemon saw: the join and `obsctl session`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.telemetry.test_receivers import Receiving, run_in
from tests.otlp import HttpAgent, attributes, claude_metrics, point, samples
from tests.support import Daemon, Repository, wait_until

SESSION = "7d3f0000-0000-4000-8000-000000000001"


@pytest.fixture
def receiving(make_daemon: Callable[[str], Daemon]) -> Receiving:
    """A running daemon that receives on both protocols."""
    return Receiving(make_daemon("d"))


def tool_event(name: str, started: float, ended: float) -> dict[str, Any]:
    """Claude Code's event that a tool ran."""
    labels = attributes(
        event__name="tool_result",
        session__id=SESSION,
        tool_name=name,
        success="true",
        duration_ms=str(round((ended - started) * 1000)),
    )
    record = {"timeUnixNano": str(int(ended * 1e9)), "attributes": labels}
    resource = {"attributes": attributes(service__name="claude-code")}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": [record]}]}]}


def declare(agent: HttpAgent, name: str, value: float, **labels: str) -> None:
    """Claude Code's metric of what it did."""
    now = time.time_ns()
    body = claude_metrics(point(value, now, now - 1000, SESSION, **labels), name=name)
    assert agent.send("metrics", json.dumps(body).encode()) == (200, {})


def test_a_session_is_laid_beside_what_the_disk_shows(receiving: Receiving, repository: Repository) -> None:
    daemon = receiving.daemon
    daemon.add(repository.path, "repo")
    agent = HttpAgent(receiving.http)
    began = time.time()
    repository.write("edited.py", "x = 1\n" * 10)
    edited = time.time()
    daemon.settle("repo")
    agent.send("logs", json.dumps(tool_event("Edit", began, edited)).encode())
    shell = time.time()
    repository.write("generated.py", "y = 2\n" * 5)
    ran = time.time()
    daemon.settle("repo")
    agent.send("logs", json.dumps(tool_event("Bash", shell, ran)).encode())
    number = daemon.json("sessions")["sessions"][0]["id"]

    def authors() -> dict[str, int]:
        written = daemon.json("session", number)["session"]["authors"]
        return {one["author"]: one["lines_added"] for one in written}

    wait_until(lambda: authors() == {"claude-code": 10, "unknown": 5})
    commit = repository.commit("feat: say much", CLAUDECODE="1", CLAUDE_CODE_SESSION_ID=SESSION)
    daemon.wait_for("obsd_commits_total", 1, agent="claude-code", evidence="environment")
    declare(agent, "claude_code.lines_of_code.count", 10, type="added")
    declare(agent, "claude_code.commit.count", 1)
    agent.close()
    assert daemon.json("commits")["commits"][0]["id"] == commit
    found = daemon.json("session", SESSION)["agent_sessions"][0]
    assert (found["workspace"], found["joined_by"]) == ("repo", "environment")
    assert found["declared"] == {"commits": 1, "files": None, "lines_added": 10, "lines_removed": 0}
    assert found["observed"] == {"commits": 1, "files": 1, "lines_added": 10, "lines_removed": 0}
    assert found["lines_during"] == {"shell": 5, "edit": 10, "none": 0}
    shown = daemon.obsctl("session", SESSION[:8]).stdout
    assert "5 lines of nobody known came while shell commands ran" in shown
    assert "were declared" not in shown, "what is proved is what was said"
    assert daemon.json("report")["agent_sessions"][0]["session"] == SESSION
    assert "+10 -0 lines" in daemon.obsctl("report").stdout
    assert "What agents say" in daemon.obsctl("report", "--markdown").stdout
    assert daemon.json("session", number)["agent_sessions"][0]["session"] == SESSION


def test_a_session_that_nothing_joins_says_so(receiving: Receiving) -> None:
    agent = HttpAgent(receiving.http)
    for signal, body in samples("codex"):
        agent.send(signal, json.dumps(body).encode())
    agent.close()
    found = receiving.daemon.json("session", "01a2029e")["agent_sessions"][0]
    assert (found["workspace"], found["joined_by"], found["observed"]) == (None, "none", None)
    assert found["declared"]["lines_added"] is None, "Codex says nothing of lines"
    assert "in no known workspace" in receiving.daemon.obsctl("session", "01a2029e").stdout


def test_what_names_no_session_is_said(receiving: Receiving) -> None:
    for name, code in (("12345", 1), ("abcdefgh", 1), ("abc", 1), ("", 2)):
        result = receiving.daemon.obsctl("session", name)
        assert result.code == code, result


def test_telemetry_is_evidence_for_a_commit_that_no_hook_reported(receiving: Receiving, repository: Repository) -> None:
    daemon = receiving.daemon
    daemon.add(repository.path, "repo", "--no-hooks")
    now = time.time_ns()
    body = claude_metrics(point(1, now, now - 10, SESSION))
    script = (
        "import sys; sys.path.insert(0, sys.argv[3]); from tests.otlp import HttpAgent;"
        "HttpAgent(sys.argv[1]).send('metrics', sys.argv[2].encode())"
    )
    run_in(repository.path, script, receiving.http, json.dumps(body))
    assert daemon.scrape().sum("obsd_agent_tokens_total", workspace="repo") == 1
    repository.write("a.py", "x = 1\n")
    repository.commit("feat: add a file without a hook")
    made = wait_until(lambda: daemon.json("commits")["commits"])[0]
    assert (made["agent"], made["evidence"]) == ("claude-code", "telemetry")


def test_agents_are_listed_and_set_up(receiving: Receiving) -> None:
    daemon = receiving.daemon
    (daemon.home / ".gemini").mkdir()
    before = {one["agent"]: one for one in daemon.json("agents")["agents"]}
    assert (before["gemini-cli"]["installed"], before["gemini-cli"]["telemetry"]) == (True, False)
    shown = daemon.obsctl("agents", "setup", "gemini-cli")
    assert (shown.code, receiving.grpc in shown.stdout) == (0, True)
    assert daemon.json("agents", "setup", "gemini-cli", "--write")["changed"]
    agent = HttpAgent(receiving.http)
    for signal, body in samples("gemini-cli"):
        agent.send(signal, json.dumps(body).encode())
    agent.close()
    answer = daemon.json("agents")
    after = {one["agent"]: one for one in answer["agents"]}["gemini-cli"]
    assert (after["telemetry"], after["sessions"]) == (True, 1)
    assert after["last_heard_at"]
    assert answer["receiving"] == {"grpc": receiving.grpc, "http": receiving.http}
    assert daemon.obsctl("agents", "setup", "gemini-cli", "--undo").code == 0
    assert not (daemon.home / ".gemini/settings.json").exists()
    assert daemon.obsctl("agents", "setup", "nobody").code == 1
    assert daemon.obsctl("agents", "setup").code == 1
