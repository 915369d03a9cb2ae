"""`obsctl export` with a real daemon, git and agents that keep records: notes are written where the user says it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.obsctl.test_blame import CONFIGURATION, Bench
from tests.support import Daemon, Repository, wait_until


@pytest.fixture
def bench(make_daemon: Callable[[str], Daemon], repository: Repository) -> Iterator[Bench]:
    repository.write("old.py", "".join(f"before = {number}\n" for number in range(4)))
    repository.commit("feat: begin")
    daemon = make_daemon("d")
    daemon.configure(CONFIGURATION)
    daemon.start().add(repository.path, "shop")
    made = Bench(daemon, repository)
    made.claude.edit(made.root / "old.py", "before = 0\nagent = 1\nagent = 2\nbefore = 1\nbefore = 2\nbefore = 3\n")
    made.codex.add(made.root / "a b.py", "codex = 1\n")
    (made.root / "unknown.py").write_text("nobody = 1\n")
    daemon.settle("shop")
    yield made
    made.codex.close()


def committed(bench: Bench) -> str:
    """The id of a commit of everything, when its lines have origins."""
    commit_id = bench.repository.commit("feat: of three")

    def classified() -> bool:
        return any(one["id"] == commit_id and one["origins"] for one in bench.daemon.json("commits")["commits"])

    wait_until(classified, "the origins of the commit")
    return commit_id


def test_the_lines_of_a_commit_are_in_a_trace_record(bench: Bench) -> None:
    commit_id = committed(bench)
    [line] = bench.daemon.obsctl("export", "agent-trace").stdout.splitlines()
    record = json.loads(line)
    assert record["vcs"] == {"type": "git", "revision": commit_id}
    found = {
        file["path"]: [
            (part["contributor"]["type"], [tuple(one.values()) for one in part["ranges"]])
            for part in file["conversations"]
        ]
        for file in record["files"]
    }
    assert found == {
        "a b.py": [("ai", [(1, 1)])],
        "old.py": [("ai", [(2, 3)])],
        "unknown.py": [("unknown", [(1, 1)])],
    }
    document = bench.daemon.json("export", "agent-trace", "--workspace", "shop")
    assert document["records"] == [record]


def test_notes_are_printed_and_written_only_when_that_is_said(bench: Bench) -> None:
    commit_id = committed(bench)
    printed = bench.daemon.obsctl("export", "notes").stdout
    assert printed.startswith(f'commit {commit_id}\n"a b.py"\n  s_')
    refs = bench.repository.git("for-each-ref", "--format=%(refname)", "refs/notes")
    assert refs == "", "nothing was written"
    [note] = bench.daemon.json("export", "notes", "--write")["notes"]
    assert (note["commit"], note["written"]) == (commit_id, True)
    assert bench.repository.git("notes", "--ref=ai", "show", commit_id).strip() == note["note"].strip()
    assert note["note"].strip() in printed
    [again] = bench.daemon.json("export", "notes", "--write")["notes"]
    assert (again["note"], again["written"]) == (note["note"], False)


def test_a_note_of_somebody_else_stays(bench: Bench) -> None:
    commit_id = committed(bench)
    bench.repository.git("notes", "--ref=ai", "add", "-m", "of another tool", commit_id)
    result = bench.daemon.obsctl("export", "notes", "--write")
    assert "there before and left alone: 1" in result.stderr
    assert bench.repository.git("notes", "--ref=ai", "show", commit_id) == "of another tool"
    assert Path(bench.root / "a b.py").read_text() == "codex = 1\n"


def test_traces_are_not_written_into_a_repository(bench: Bench) -> None:
    result = bench.daemon.obsctl("export", "agent-trace", "--write")
    assert result.code != 0
    assert "only notes are written" in result.stderr
