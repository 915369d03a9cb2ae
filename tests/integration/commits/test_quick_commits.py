"""Commits right behind the last edit, with a real watcher: their lines were written here, and git brought none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support import Daemon, Repository, wait_until

COMMITS = 4


def test_what_is_written_and_committed_at_once_is_not_called_brought_by_git(
    make_daemon: Callable[[str], Daemon], make_repository: Callable[[str], Repository]
) -> None:
    daemon = make_daemon("d")
    daemon.configure('[authors]\nwriters = "off"\nrecords = []\nwait_seconds = 0.1\n')
    daemon.start()
    repository = make_repository("repo")
    repository.write("old.txt", "1\n")
    repository.commit("docs: begin")
    daemon.add(repository.path, "w")
    for number in range(COMMITS):
        repository.write(f"new{number}/a.txt", "x\n" * (number + 1))
        repository.write("old.txt", "1\n" + "y\n" * (number + 1))
        repository.commit(f"feat: number {number}")

    def classified() -> list[dict[str, Any]] | None:
        rows: list[dict[str, Any]] = daemon.json("commits", "--limit", "0")["commits"]
        return rows if len(rows) == COMMITS and all(row["origins"] is not None for row in rows) else None

    for row in wait_until(classified, "the origins of all commits"):
        assert row["origins"] == [{"agent": "unknown", "evidence": "none", "lines": row["lines_added"]}], row


def test_what_nobody_can_have_seen_is_unknown(
    make_daemon: Callable[[str], Daemon], make_repository: Callable[[str], Repository]
) -> None:
    """The daemon is down while a file is written and committed; the next start finds both."""
    daemon = make_daemon("d").start()
    repository = make_repository("repo")
    repository.write("old.txt", "1\n")
    repository.commit("docs: begin")
    daemon.add(repository.path, "w")
    daemon.stop()
    repository.write("new.txt", "x\ny\n")
    repository.commit("feat: while nobody watched")
    daemon.start()

    def origins() -> Any:
        rows = daemon.json("commits", "--limit", "0")["commits"]
        return rows and rows[0]["origins"]

    assert wait_until(origins, "the origins of the commit") == [{"agent": "unknown", "evidence": "none", "lines": 2}]
