"""What SQLite's errors mean: by its own names of them, never by the words of a message."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from obsd.errors import StoreError
from obsd.ledger.failures import is_damage, is_lasting, store_error, unusable


def failing(path: Path, *statements: str) -> sqlite3.Error:
    """The error of the last statement."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for statement in statements[:-1]:
            connection.execute(statement).fetchall()
        with pytest.raises(sqlite3.Error) as caught:
            connection.execute(statements[-1]).fetchall()
        return caught.value
    finally:
        connection.close()


def raised(error: sqlite3.Error) -> StoreError:
    try:
        raise store_error(error) from error
    except StoreError as made:
        return made


def test_a_full_disk(tmp_path: Path) -> None:
    error = failing(
        tmp_path / "l", "CREATE TABLE t (x)", "PRAGMA max_page_count = 2", "INSERT INTO t VALUES (zeroblob(90000))"
    )
    assert (raised(error).reason, is_lasting(raised(error)), is_damage(error)) == ("ledger_full", True, False)


def test_a_table_called_full_is_no_full_disk(tmp_path: Path) -> None:
    error = failing(tmp_path / "l", "SELECT * FROM full_history")
    assert (raised(error).reason, is_lasting(raised(error))) == ("ledger_failed", False)


def test_a_ledger_that_may_only_be_read(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "l").execute("CREATE TABLE t (x)")
    error = failing(tmp_path / "l", "PRAGMA query_only = 1", "INSERT INTO t VALUES (1)")
    made = raised(error)
    assert (made.reason, is_lasting(made)) == ("ledger_readonly", True)
    assert "remount,rw" in made.hint
    assert "make room" not in made.hint


@pytest.mark.parametrize("data", [b"no database" * 999, b"SQLite format 3\0" + b"\x55" * 8000])
def test_damage(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "l").write_bytes(data)
    error = failing(tmp_path / "l", "SELECT * FROM sqlite_master")
    assert (raised(error).reason, is_damage(error), is_lasting(raised(error))) == ("ledger_damaged", True, True)


def test_a_text_that_is_none_is_damage(tmp_path: Path) -> None:
    error = failing(tmp_path / "l", "SELECT CAST(x'ff' AS TEXT)")
    assert raised(error).reason == "ledger_damaged"


def test_a_wrong_value_is_its_callers_fault(tmp_path: Path) -> None:
    error = failing(tmp_path / "l", "CREATE TABLE t (x UNIQUE)", "INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (1)")
    assert (raised(error).reason, is_lasting(raised(error))) == ("ledger_failed", False)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_state_folder_that_became_read_only_is_named(tmp_path: Path, number: int) -> None:
    error = unusable(tmp_path / "l", OSError(number, "no"))
    assert "remount,rw" in error.hint
    assert str(tmp_path) in error.hint
