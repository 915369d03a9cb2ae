"""What is acknowledged is on the disk, and what is not may be sent again: a locked ledger, a kill, idle agents."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from signal import SIGKILL
from typing import Any

import pytest

from tests.integration.telemetry.test_receivers import Receiving, run_in
from tests.otlp import HttpAgent, attributes, claude_metrics, point
from tests.support import Daemon, Repository, wait_until


@pytest.fixture
def receiving(make_daemon: Callable[[str], Daemon]) -> Receiving:
    """A running daemon that receives on both protocols."""
    return Receiving(make_daemon("d"))


def tokens(daemon: Daemon, agent: str = "claude-code") -> float:
    """All tokens that an agent said it used."""
    return daemon.scrape().sum("obsd_agent_tokens_total", agent=agent)


def send(receiving: Receiving, body: dict[str, Any]) -> int:
    """The status of an answer; 0: there was none."""
    agent = HttpAgent(receiving.http, timeout=60)
    try:
        return agent.send("metrics", json.dumps(body).encode())[0]
    except OSError:
        return 0
    finally:
        agent.close()


class Lock:
    """Another program that holds the ledger."""

    def __init__(self, daemon: Daemon) -> None:
        path = next(daemon.home.rglob("ledger.sqlite3"))
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        self._connection.execute("BEGIN EXCLUSIVE")

    def release(self) -> None:
        """Let it go."""
        self._connection.close()


@pytest.mark.parametrize("killed", [True, False])
def test_nothing_is_acknowledged_that_a_kill_takes(receiving: Receiving, killed: bool) -> None:
    daemon = receiving.daemon
    first, second = claude_metrics(point(10, 10)), claude_metrics(point(10, 20, 10))
    assert send(receiving, first) == 200
    lock = Lock(daemon)
    answers: list[int] = []
    sending = threading.Thread(target=lambda: answers.append(send(receiving, second)))
    sending.start()
    wait_until(lambda: tokens(daemon) == 20, "the amount in memory")
    assert answers == [], "it is not on the disk"
    if killed:
        daemon.stop(SIGKILL)
        lock.release()
        daemon.start()
    else:
        lock.release()
    sending.join()
    assert answers == ([0] if killed else [200])
    assert tokens(daemon) == (10 if killed else 20)
    assert send(receiving, second) == 200
    assert tokens(daemon) == 20


def test_an_idle_agent_takes_nobodys_commit(receiving: Receiving, repository: Repository) -> None:
    daemon = receiving.daemon
    daemon.add(repository.path, "repo", "--no-hooks")
    now = time.time_ns()
    own = attributes(service__name="gemini-cli", session__id="idle-agent")
    script = (
        "import sys; sys.path.insert(0, sys.argv[3]); from tests.otlp import HttpAgent;"
        "HttpAgent(sys.argv[1]).send('metrics', sys.argv[2].encode())"
    )
    for minutes in (60, 30, 1, 0):
        at = now - minutes * 60 * 10**9
        total = {"asInt": "500", "timeUnixNano": str(at), "startTimeUnixNano": str(now - 4_000 * 10**9)}
        points = [{**total, "attributes": attributes(type="input")}]
        metric = {"name": "gemini_cli.token.usage", "sum": {"dataPoints": points, "isMonotonic": True}}
        metric["sum"]["aggregationTemporality"] = 2  # type: ignore[index]
        sent = {"resource": {"attributes": own}, "scopeMetrics": [{"metrics": [metric]}]}
        run_in(repository.path, script, receiving.http, json.dumps({"resourceMetrics": [sent]}))
    assert tokens(daemon, "gemini-cli") == 500
    told = {"feat: a person": "unknown", "feat: more\n\nCo-Authored-By: Claude <noreply@anthropic.com>": "claude-code"}
    for number, (message, agent) in enumerate(told.items()):
        repository.write(f"{number}.py", "x = 1\n")
        repository.commit(message)
        daemon.wait_for("git_commits_total", number + 1, workspace="repo")
        assert daemon.json("commits")["commits"][0]["agent"] == agent


def test_a_session_of_one_change_finds_its_agent(receiving: Receiving, repository: Repository) -> None:
    daemon = receiving.daemon
    daemon.add(repository.path, "repo")
    repository.write("a.py", "x = 1\n")
    daemon.settle("repo")
    session = daemon.json("sessions")["sessions"][0]
    assert session["changes"] == 1
    at = time.time_ns()
    script = (
        "import sys; sys.path.insert(0, sys.argv[3]); from tests.otlp import HttpAgent;"
        "HttpAgent(sys.argv[1]).send('metrics', sys.argv[2].encode())"
    )
    run_in(repository.path, script, receiving.http, json.dumps(claude_metrics(point(3, at, at - 1_000))))
    found = daemon.json("session", session["id"])["agent_sessions"]
    assert [one["session"] for one in found] == ["s1"]
