"""The write-ahead log's own account of itself, beside what SQLite takes of it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from obsd.ledger.log_check import committed_frames

_FRAME_BYTES = 24 + 4096


@pytest.fixture
def used(tmp_path: Path) -> Path:
    """A database whose transactions are in its log alone, as a killed process leaves it."""
    live = tmp_path / "live"
    with sqlite3.connect(live, isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (x)")
        for number in range(50):
            connection.execute("INSERT INTO t VALUES (?)", (str(number) * 500,))
        path = tmp_path / "ledger"
        for suffix in ("", "-wal"):
            path.with_name(f"ledger{suffix}").write_bytes(live.with_name(f"live{suffix}").read_bytes())
    connection.close()
    return path


def taken(path: Path) -> int:
    """The frames that SQLite takes."""
    connection = sqlite3.connect(path)
    try:
        frames: int = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1]
        return frames
    finally:
        connection.close()


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def test_a_sound_log_has_what_sqlite_takes(used: Path) -> None:
    claimed = committed_frames(used)
    assert claimed > 50
    assert taken(used) == claimed


def test_no_log_and_an_empty_one_claim_nothing(tmp_path: Path) -> None:
    assert committed_frames(tmp_path / "ledger") == 0
    log_of(tmp_path / "ledger").touch()
    assert committed_frames(tmp_path / "ledger") == 0
    log_of(tmp_path / "ledger").write_bytes(bytes(4096))
    assert committed_frames(tmp_path / "ledger") == 0


@pytest.mark.parametrize("offset", [0, 5, 9, 17, 25])
def test_a_damaged_head_claims_more_than_sqlite_takes(used: Path, offset: int) -> None:
    data = bytearray(log_of(used).read_bytes())
    data[offset] ^= 0x55
    log_of(used).write_bytes(data)
    assert committed_frames(used) > taken(used)


def test_damage_in_the_middle_claims_more_than_sqlite_takes(used: Path) -> None:
    data = bytearray(log_of(used).read_bytes())
    middle = 32 + 20 * _FRAME_BYTES + 1000
    data[middle] ^= 0x55
    log_of(used).write_bytes(data)
    claimed = committed_frames(used)
    assert taken(used) < 20 < claimed


def test_an_unfinished_end_is_no_loss(used: Path) -> None:
    """What a power cut leaves of a transaction that nobody was told of."""
    os.truncate(log_of(used), 32 + 30 * _FRAME_BYTES + 77)
    assert committed_frames(used) == taken(used)


def test_a_log_that_is_no_file_claims_nothing(tmp_path: Path) -> None:
    os.mkfifo(log_of(tmp_path / "ledger"))
    assert committed_frames(tmp_path / "ledger") == 0
