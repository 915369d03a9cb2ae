"""`obsctl blame` with a real daemon and agents that write and keep their records: whose lines are, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import Daemon, Repository, command, wait_until
from tests.unit.records.live import ClaudeCode, Codex

CONFIGURATION = '[authors]\nwriters = "off"\nwait_seconds = 2\n[watch]\nexclude = ["*.gen"]\n'
SECRET = "hunter2secret"


class Bench:
    """A daemon that has records alone, a workspace with a commit from before, and two agents that work there."""

    def __init__(self, daemon: Daemon, repository: Repository) -> None:
        self.daemon, self.root = daemon, repository.path
        self.repository = repository
        self.claude = ClaudeCode(daemon.home, repository.path)
        self.codex = Codex(daemon.home, repository.path)

    def runs(self, path: Path, *options: str) -> list[dict[str, Any]]:
        """What is printed as JSON, when every change has its author."""

        def final() -> list[dict[str, Any]] | None:
            runs: list[dict[str, Any]] = self.daemon.json("blame", str(path), *options)["runs"]
            return None if any(run["agent"] is None for run in runs) else runs

        return wait_until(final, f"the authors of {path}")

    def said(self, path: Path, *options: str) -> list[tuple[int, int, str, str, str]]:
        """First and last line, class, author and evidence of each run."""
        keys = ("first", "last", "origin", "agent", "evidence")
        return [tuple(run[key] for key in keys) for run in self.runs(path, *options)]


@pytest.fixture
def bench(make_daemon: Callable[[str], Daemon], repository: Repository) -> Iterator[Bench]:
    repository.write("old.py", "".join(f"before = {number}\n" for number in range(4)))
    repository.write(".gitignore", "*.log\n")
    repository.commit("feat: begin")
    daemon = make_daemon("d")
    daemon.configure(CONFIGURATION)
    daemon.start().add(repository.path, "shop")
    made = Bench(daemon, repository)
    yield made
    made.codex.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_each_line_has_its_author_through_commits_renames_and_restarts(bench: Bench, number: int) -> None:
    path = bench.root / "old.py"
    bench.claude.edit(path, "before = 0\nagent = 1\nagent = 2\nbefore = 1\nbefore = 2\nbefore = 3\n")
    bench.codex.add(bench.root / "new.py", "codex = 1\n")
    expected = [
        (1, 1, "before", "unknown", "commit"),
        (2, 3, "change", "claude-code", "record"),
        (4, 6, "before", "unknown", "commit"),
    ]
    assert bench.said(path) == expected
    assert bench.said(bench.root / "new.py") == [(1, 1, "change", "codex", "record")]
    with path.open("a") as file:
        file.write("person = 1\n")
    expected.append((7, 7, "change", "unknown", "none"))
    assert bench.said(path) == expected
    commit = bench.repository.commit("feat: all of it")
    bench.daemon.stop(number)
    path.write_text(path.read_text() + "while = 'down'\n")
    bench.daemon.start()
    expected.append((8, 8, "change", "unknown", "none"))
    assert bench.said(path) == expected
    path.rename(bench.root / "renamed.py")
    bench.daemon.settle("shop")
    runs = bench.runs(bench.root / "renamed.py")
    assert [run["agent"] for run in runs] == ["unknown", "claude-code", "unknown", "unknown", "unknown"]
    assert [run["commit"] == commit for run in runs] == [False, True, False, True, False]
    assert runs[1]["session"] == bench.claude.session
    bench.daemon.restart(number)
    assert bench.runs(bench.root / "renamed.py") == runs
    assert bench.runs(bench.root / "renamed.py", "-L", "2,+2") == [runs[1]]
    assert bench.said(path, "--commit", commit[:12])[1] == (2, 3, "change", "claude-code", "record")


def test_a_linked_worktree_has_its_own_files_and_the_authors_of_the_repository(bench: Bench, short_tmp: Path) -> None:
    bench.claude.edit(bench.root / "a.py", "agent = 1\nagent = 2\n")
    bench.daemon.settle("shop")
    bench.repository.commit("feat: of the agent")
    bench.repository.git("worktree", "add", "-q", "-b", "topic", str(short_tmp / "linked"))
    wait_until(lambda: len(bench.daemon.json("workspaces")["workspaces"]) == 2, "the worktree")
    found = bench.daemon.json("blame", str(short_tmp / "linked" / "a.py"))
    assert found["workspace"] == "shop/linked"
    assert bench.said(short_tmp / "linked" / "a.py") == [(1, 2, "change", "claude-code", "record")]


def test_a_page_for_people_folds_and_a_list_has_the_text(bench: Bench) -> None:
    path = bench.root / "old.py"
    bench.claude.edit(path, f"before = 0\n\x1b[2J\t{SECRET}\nbefore = 1\nbefore = 2\nbefore = 3\n")
    bench.runs(path)
    shown = subprocess.run(
        [*command("obsctl"), "blame", "old.py"],
        cwd=bench.root,
        env=bench.daemon.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.splitlines()
    assert [line.split()[:2] for line in shown] == [
        ["LINES", "WRITTEN"],
        ["1", "before"],
        ["2", "claude-code"],
        ["3-5", "before"],
    ]
    lines = bench.daemon.obsctl("blame", str(path), "--lines", "-L", "1,3").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert lines[1].endswith(f"\\x1b[2J    {SECRET}")
    assert "claude-code  record" in lines[1]
    for file in bench.daemon.state.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file
    assert SECRET not in bench.daemon.log


def test_a_name_of_any_bytes_is_found_and_printed_safely(bench: Bench) -> None:
    name = os.fsencode(bench.root) + b'/x "\xff\x1b[2J\n.py'
    Path(os.fsdecode(name)).write_text("1\n")
    bench.repository.commit("feat: odd")
    found = bench.daemon.json("blame", os.fsdecode(name))
    assert found["path"] == 'x "\\xff\\x1b[2J\\n.py'
    assert found["lines"] == 1


def test_what_cannot_be_shown_says_why_and_ends_with_the_codes_of_the_contract(bench: Bench, short_tmp: Path) -> None:
    (short_tmp / "elsewhere.py").write_text("1\n")
    (bench.root / "x.log").write_text("1\n")
    (bench.root / "x.gen").write_text("1\n")
    (bench.root / "empty.py").touch()
    for path, code, words in (
        (short_tmp / "elsewhere.py", 4, "is in no workspace"),
        (bench.root / "none.py", 1, "there is no file none.py"),
        (bench.root / "x.log", 1, "x.log is ignored"),
        (bench.root / "x.gen", 1, "x.gen is ignored"),
        (bench.root, 1, "is no regular file"),
    ):
        result = bench.daemon.obsctl("blame", str(path))
        assert (result.code, result.stdout) == (code, ""), result
        assert words in result.stderr
        assert "hint: " in result.stderr
    empty = bench.daemon.obsctl("blame", str(bench.root / "empty.py"))
    assert (empty.code, empty.stdout) == (0, "")
    assert "it has no lines" in empty.stderr
    assert bench.daemon.obsctl("blame", str(bench.root / "old.py"), "-L", "3,1").code == 2
