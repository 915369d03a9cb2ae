"""Agents' own records as the only evidence, with a real daemon: who wrote a change, and never the wrong one."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from tests.support import Daemon, Repository, wait_until
from tests.unit.records.live import ClaudeCode, Codex

RECORDS_ALONE = '[authors]\nwriters = "off"\nwait_seconds = 2\n'
SECRET = "hunter2secret"


class Bench:
    """A daemon that has records alone, a workspace, and an agent that works there."""

    def __init__(self, daemon: Daemon, repository: Repository) -> None:
        self.daemon, self.repository = daemon, repository
        self.agent = ClaudeCode(daemon.home, repository.path)

    def query(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.daemon.state / "ledger.sqlite3", timeout=30)) as connection:
            return connection.execute(question, values).fetchall()

    def authors(self, path: str) -> list[tuple[str, str, str]]:
        """Agent, evidence and session of each change of a file that is attributed."""
        return self.query(
            "SELECT a.agent, a.evidence, a.session FROM changes c JOIN paths p ON p.id = c.path"
            " JOIN authors a ON a.id = c.author WHERE p.path = ? ORDER BY c.seq",
            path,
        )

    def author(self, path: str, number: int = 1) -> tuple[str, str, str]:
        """That of the change with this number among those of a file, as soon as it is known."""
        return wait_until(lambda: self.authors(path)[number - 1 : number], f"an author of {path}")[0]

    def told(self) -> int:
        """How many writes records told of."""
        (count,) = self.query("SELECT COUNT(*) FROM events WHERE kind = 'WriteRecorded'")[0]
        return int(count)

    def states(self) -> dict[str, dict[str, Any]]:
        return {one["source"]: one for one in self.daemon.json("status")["author_sources"]}

    def listed(self, agent: str) -> dict[str, Any]:
        """The agent in `obsctl agents`."""
        [found] = [one for one in self.daemon.json("agents")["agents"] if one["agent"] == agent]
        return dict(found)

    @property
    def codes(self) -> set[str]:
        return {warning["code"] for warning in self.daemon.json("status")["warnings"]}


@pytest.fixture
def bench(make_daemon: Callable[[str], Daemon], repository: Repository) -> Bench:
    daemon = make_daemon("d")
    daemon.configure(RECORDS_ALONE)
    daemon.start().add(repository.path, "shop")
    return Bench(daemon, repository)


def mine(bench: Bench) -> tuple[str, str, str]:
    return "claude-code", "record", bench.agent.session


def test_an_agents_change_is_the_agents_and_the_persons_beside_it_is_not(bench: Bench) -> None:
    bench.repository.write("mine.py", "person = 1\n")
    bench.agent.edit(bench.repository.path / "new.py", "a = 1\nb = 2\n")
    assert bench.author("new.py") == mine(bench)
    assert bench.author("mine.py") == ("unknown", "none", "")
    bench.repository.write("new.py", "a = 1\nperson = 2\n")
    assert bench.author("new.py", 2) == ("unknown", "none", "")
    assert bench.states()["records"]["up"]
    assert bench.daemon.scrape().value("obsd_author_source_up", source="records") == 1
    assert bench.daemon.scrape().value("obsd_author_source_up", source="writers") == 0


def test_a_persons_lines_in_the_agents_file_make_several(bench: Bench) -> None:
    path = bench.repository.path / "both.py"
    bench.agent.edit(path, "a = 1\n")
    with path.open("a") as file:
        file.write("person = 1\n")
    assert bench.author("both.py")[0] in ("several", "claude-code")
    question = "SELECT c.added FROM changes c JOIN authors a ON a.id = c.author WHERE a.agent = 'claude-code'"
    # Where a scan lay between the two writes, the agent's own line is known.
    assert bench.query(question) in ([], [(1,)])


def test_two_agents_in_one_tree_have_each_their_own(bench: Bench) -> None:
    other = Codex(bench.daemon.home, bench.repository.path)
    bench.agent.edit(bench.repository.path / "one.py", "a = 1\n")
    other.add(bench.repository.path / "two.py", "b = 1\n")
    other.close()
    assert bench.author("one.py") == mine(bench)
    assert bench.author("two.py") == ("codex", "record", other.thread)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_read_twice_and_nothing_is_lost(bench: Bench, number: int) -> None:
    bench.agent.edit(bench.repository.path / "a.py", "a = 1\n")
    wait_until(lambda: bench.told() == 1, "the record")
    bench.agent.edit(bench.repository.path / "b.py", "b = 1\n")
    bench.daemon.stop(number)
    bench.agent.edit(bench.repository.path / "c.py", "c = 1\n")
    bench.daemon.start()
    wait_until(lambda: bench.told() == 3, "the record")
    for name in ("a.py", "b.py", "c.py"):
        assert bench.author(name) == mine(bench)
    bench.daemon.restart(number)
    bench.agent.edit(bench.repository.path / "d.py", "d = 1\n")
    assert bench.author("d.py") == mine(bench)
    assert bench.told() == 4
    tokens = "SELECT output FROM record_sessions WHERE session = ?"
    wait_until(lambda: bench.query(tokens, bench.agent.session) == [(4 * 7,)], "the tokens of four calls, once each")


def test_a_reload_ends_reading_and_goes_on_where_it_was(bench: Bench) -> None:
    bench.agent.edit(bench.repository.path / "a.py", "a = 1\n")
    assert bench.author("a.py") == mine(bench)
    bench.daemon.configure(RECORDS_ALONE + 'records = ["codex"]\n')
    assert bench.daemon.obsctl("reload").code == 0
    bench.agent.edit(bench.repository.path / "b.py", "b = 1\n")
    assert bench.author("b.py") == ("unknown", "none", "")
    bench.daemon.configure(RECORDS_ALONE + "records = []\n")
    assert bench.daemon.obsctl("reload").code == 0
    assert not bench.states()["records"]["up"]
    bench.daemon.configure(RECORDS_ALONE)
    assert bench.daemon.obsctl("reload").code == 0
    bench.agent.edit(bench.repository.path / "c.py", "c = 1\n")
    assert bench.author("c.py") == mine(bench)
    assert bench.told() == 3


def test_rewritten_and_truncated_records_tell_each_write_once(bench: Bench) -> None:
    record = bench.agent.record
    bench.agent.edit(bench.repository.path / "a.py", "a = 1\n")
    assert bench.author("a.py") == mine(bench)
    whole = record.read_text()
    record.write_text(whole[: len(whole) // 2])
    bench.repository.write("a.py", "person = 1\n")
    assert bench.author("a.py", 2) == ("unknown", "none", "")
    new = record.with_suffix(".new")
    new.write_text(whole)
    new.rename(record)
    bench.agent.edit(bench.repository.path / "b.py", "b = 1\n")
    assert bench.author("b.py") == mine(bench)
    assert bench.told() == 2


def test_what_is_no_record_of_this_user_is_passed_over(bench: Bench) -> None:
    bench.agent.edit(bench.repository.path / "a.py", "a = 1\n")
    assert bench.author("a.py") == mine(bench)
    folder = bench.agent.record.parent
    os.mkfifo(folder / "fifo.jsonl")
    elsewhere = ClaudeCode(bench.daemon.home / "elsewhere", bench.repository.path, "77777777-0000")
    elsewhere.edit(bench.repository.path / "forged.py", "f = 1\n")
    (folder / "link.jsonl").symlink_to(elsewhere.record)
    if os.geteuid() == 0:
        theirs = ClaudeCode(bench.daemon.home / "theirs", bench.repository.path, "88888888-0000")
        theirs.edit(bench.repository.path / "theirs.py", "t = 1\n")
        os.chown(theirs.record, 12345, 12345)
        theirs.record.rename(folder / "theirs.jsonl")
        assert bench.author("theirs.py")[0] == "unknown"
    assert bench.author("forged.py") == ("unknown", "none", "")
    bench.agent.edit(bench.repository.path / "b.py", "b = 1\n")
    assert bench.author("b.py") == mine(bench)


def test_a_format_from_the_future_names_nobody_and_is_shown(bench: Bench) -> None:
    bench.agent.version = "9.9.9"
    for name in ("a.py", "b.py", "c.py"):
        path = bench.repository.path / name
        tool = f"toolu_000000000000{name[0]}"
        result = {"type": "tool_result", "tool_use_id": tool, "content": "done"}
        use = {"type": "tool_use", "id": tool, "name": "Write", "input": {"where": str(path), "what": "x = 1\n"}}
        bench.agent.write(bench.agent.line(type="assistant", message={"content": [use]}))
        path.write_text("x = 1\n")
        bench.agent.write(bench.agent.line(type="user", message={"content": [result]}, toolUseResult={"at": str(path)}))
    for name in ("a.py", "b.py", "c.py"):
        assert bench.author(name) == ("unknown", "none", "")
    wait_until(lambda: "records_not_understood" in bench.codes, "the condition")
    [told] = [one for one in bench.daemon.json("status")["warnings"] if one["code"] == "records_not_understood"]
    assert "claude-code 9.9.9 (3 of 6 records)" in told["text"]
    bench.daemon.restart()
    wait_until(lambda: "records_not_understood" in bench.codes, "the condition, after a restart")
    records = bench.listed("claude-code")["records"]
    assert (records["state"], records["versions"]) == (
        "drifted",
        [{"version": "9.9.9", "understood": 3, "misread": 3}],
    )
    assert "claude-code 9.9.9: 3 of 6 records were not understood" in bench.daemon.obsctl("agents").stderr


def test_agents_are_listed_with_what_comes_from_them(bench: Bench) -> None:
    bench.agent.edit(bench.repository.path / "a.py", "a = 1\n")
    assert bench.author("a.py") == mine(bench)
    bench.repository.commit("feat: an agent's commit", CLAUDECODE="1")
    wait_until(lambda: bench.listed("claude-code")["commits"] == {"by_hook": 1, "without_hook": 0}, "the commit")
    found = bench.listed("claude-code")
    assert (found["installed"], found["records"]["state"]) == (True, "understood")
    assert found["records"]["versions"] == [{"version": "2.1.197", "understood": 2, "misread": 0}]
    assert found["records"]["last_at"]
    assert bench.listed("pi")["records"]["state"] == "absent"
    assert bench.listed("copilot-vscode")["records"]["state"] == "off"
    [row] = [line.split() for line in bench.daemon.obsctl("agents").stdout.splitlines() if line.startswith("claude")]
    assert row[:5] == ["claude-code", "yes", "understood", "off", "yes"]


def test_no_text_of_a_record_is_kept_or_shown(bench: Bench) -> None:
    def planted(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: planted(item) for key, item in value.items()} | {"extra": SECRET}
        if isinstance(value, list):
            return [planted(item) for item in value]
        return f"{value} {SECRET}" if value in ("done", "Write", "text", "claude-opus") else value

    agent, path = bench.agent, bench.repository.path / "a.py"
    for line in [*agent.called("toolu_000000000001", path, f"{SECRET} = 1\n")]:
        agent.write(json.dumps(planted(json.loads(line))) + "\n")
    path.write_text(f"{SECRET} = 1\n")
    for line in agent.ended("toolu_000000000001", path, None, f"{SECRET} = 1\n"):
        agent.write(json.dumps(planted(json.loads(line))) + "\n")
    agent.write(f'"{SECRET}\n', "{" + f'"tool_use": "{SECRET}"' + "\n")
    agent.edit(
        bench.repository.path / "b.py", "b = 1\n", between=agent.line(type=SECRET, tool_use=SECRET, usage=SECRET)
    )
    assert bench.author("a.py") == mine(bench)
    assert bench.author("b.py") == mine(bench)
    wait_until(lambda: bench.query("SELECT 1 FROM record_files"), "the mark")
    shown = [bench.daemon.obsctl(*words).stdout for words in (("--json", "status"), ("status",), ("agents",))]
    bench.daemon.stop()
    kept = [file.read_bytes() for file in bench.daemon.state.rglob("*") if file.is_file()]
    assert kept
    assert not [1 for data in kept if SECRET.encode() in data]
    assert not [1 for text in (*shown, bench.daemon.log) if SECRET in text]
