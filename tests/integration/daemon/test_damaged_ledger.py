"""A damaged ledger: moved aside with a message, and everything that can be found again is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support import Daemon, Repository, wait_until


def overwrite(ledger: Path) -> None:
    """Nothing of it can be read."""
    ledger.write_bytes(b"no database at all" * 1000)


def cut(ledger: Path) -> None:
    """Its end is missing."""
    ledger.write_bytes(ledger.read_bytes()[:20_000])


def break_a_table(ledger: Path) -> None:
    """One table is in ruins, the others are not."""
    with closing(sqlite3.connect(ledger)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        [(page,)] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'series'").fetchall()
    with ledger.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


@pytest.mark.parametrize("damage", [overwrite, cut, break_a_table])
def test_workspaces_and_commits_are_found_again(
    obsd_daemon: Daemon, make_repository: Callable[[str], Repository], damage: Callable[[Path], None]
) -> None:
    repository = make_repository("shop")
    # A log has whole seconds: what was made in the second of the registration cannot be told from what came after.
    repository.commit("chore: older than the registration", GIT_COMMITTER_DATE="2026-01-01T00:00:00Z")
    obsd_daemon.add(repository.path, "shop")
    ids = [repository.commit(f"feat: number {number} of the lost") for number in range(3)]
    obsd_daemon.wait_for("git_commits_total", 3, workspace="shop")
    ledger = Path(obsd_daemon.json("status")["ledger_file"])
    obsd_daemon.stop()
    damage(ledger)
    obsd_daemon.start()
    [warning] = [one for one in obsd_daemon.json("status")["warnings"] if one["code"] == "ledger_moved_aside"]
    assert warning["text"].endswith("workspaces kept: 1")
    assert list(ledger.parent.glob("*.damaged-*"))
    samples = obsd_daemon.wait_for("git_commits_total", 3, workspace="shop")
    assert samples.value("obsd_commits_recovered_total", workspace="shop") == 3
    assert [one["id"] for one in obsd_daemon.json("commits")["commits"]] == ids[::-1]
    obsd_daemon.restart()
    assert obsd_daemon.scrape().sum("git_commits_total", workspace="shop") == 3


def test_a_register_that_is_no_register_is_nothing(obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "shop")
    ledger = Path(obsd_daemon.json("status")["ledger_file"])
    obsd_daemon.stop()
    overwrite(ledger)
    (ledger.parent / "register.json").write_text('{"workspaces": [{"name": "../x", "path": "y"}, 7]}')
    obsd_daemon.start()
    assert obsd_daemon.json("workspaces")["workspaces"] == []


def test_damage_that_a_query_finds_is_mended_by_a_new_start(
    obsd_daemon: Daemon, make_repository: Callable[[str], Repository]
) -> None:
    """Over 32 MB a ledger is not looked through at the start."""
    repository = make_repository("repo")
    repository.write("README.md", "hello\n")
    # The reflog knows seconds: in the one in which the workspace is added, nothing else is committed.
    repository.commit("docs: long before", GIT_COMMITTER_DATE="2020-01-01T00:00:00Z")
    obsd_daemon.add(repository.path, "shop")
    repository.commit("feat: one of the lost")
    obsd_daemon.wait_for("git_commits_total", 1, workspace="shop")
    ledger = Path(obsd_daemon.json("status")["ledger_file"])
    obsd_daemon.stop()
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("CREATE TABLE filler (x)")
        connection.execute("INSERT INTO filler VALUES (zeroblob(35000000))")
        connection.commit()
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        [(page,)] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'commits'").fetchall()
    with ledger.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)
    obsd_daemon.start()
    pid = obsd_daemon.pid
    obsd_daemon.obsctl("commits")

    def aside() -> bool:
        result = obsd_daemon.obsctl("--json", "status")
        return result.code == 0 and any(one["code"] == "ledger_moved_aside" for one in result.json["warnings"])

    wait_until(aside, "the ledger set aside")
    assert (obsd_daemon.pid, obsd_daemon.process and obsd_daemon.process.poll()) == (pid, None)
    obsd_daemon.wait_ready()
    obsd_daemon.forget_address()
    obsd_daemon.wait_for("git_commits_total", 1, workspace="shop")
    assert not list(ledger.parent.glob("*.condemned"))
