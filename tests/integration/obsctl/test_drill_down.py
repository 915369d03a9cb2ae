"""From a list to one session: filters by author and time, and the session's files, commits and lost work."""

from __future__ import annotations

import jsonschema

from tests.support import Daemon, Repository, schema


def work(daemon: Daemon, repository: Repository) -> str:
    """Three changes, an agent's commit of them, and a change that is thrown away; returns the commit's id."""
    daemon.add(repository.path, "w")
    for number in (1, 2):
        repository.write("src/a.py", "one\n" * number)
        daemon.settle("w")
    repository.write("b.py", "two\n")
    daemon.settle("w")
    made = repository.commit("feat: write two files", CLAUDECODE="1", AI_AGENT="claude-code_2-1-197_agent")
    daemon.wait_for("git_commits_total", 1, workspace="w")
    repository.write("b.py", "two\nlost\n")
    daemon.settle("w")
    repository.git("checkout", "--", "b.py")
    daemon.wait_for("obsd_discarded_files_total", 1, workspace="w")
    daemon.settle("w")
    return made


def test_lists_by_author_and_time(obsd_daemon: Daemon, repository: Repository) -> None:
    work(obsd_daemon, repository)

    def ids(*arguments: str) -> list[str]:
        return [one["id"] for one in obsd_daemon.json("sessions", *arguments)["sessions"]]

    assert ids() == ids("--today") == ids("--agent", "claude-code") == ids("--since", "1h", "--until", "today") == ["1"]
    assert ids("--agent", "codex") == ids("--until", "yesterday") == []
    assert "obsctl sessions" in obsd_daemon.obsctl("sessions", "--agent", "codex").stderr
    assert len(obsd_daemon.json("commits", "--since", "yesterday", "--until", "today")["commits"]) == 1
    assert obsd_daemon.json("commits", "--until", "yesterday")["commits"] == []
    assert obsd_daemon.json("violations", "--until", "yesterday")["violations"] == []
    assert obsd_daemon.obsctl("sessions", "--today", "--since", "1h").code == 2


def test_one_session_in_detail(obsd_daemon: Daemon, repository: Repository) -> None:
    made = work(obsd_daemon, repository)
    found = obsd_daemon.json("session", "1")
    jsonschema.validate(found, schema("session"))
    assert {one["path"]: (one["changes"], one["lines_added"]) for one in found["files"]} == {
        "src/a.py": (2, 2),
        "b.py": (2, 2),
    }
    assert [one["id"] for one in found["commits"]] == [made]
    assert ("discard", "restore") in {(one["kind"], one["name"]) for one in found["attention"]}
    assert sum(slot["changes"] for slot in found["slots"]) == found["session"]["changes"] == 4
    assert sum(slot["commits"] for slot in found["slots"]) == 1
    assert found["folder"] == str(repository.path)

    text = obsd_daemon.obsctl("session", "1").stdout
    assert f"git -C {repository.path} show {made[:10]}" in text
    assert "discard restore: 1 uncommitted line in 1 file discarded" in text
    obsd_daemon.obsctl("remove-workspace", "w")
    assert obsd_daemon.json("session", "1")["folder"] is None
    assert "show" not in obsd_daemon.obsctl("session", "1").stdout
