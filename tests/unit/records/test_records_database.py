"""opencode's database: read while it is written, never in its writer's way."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from obsd.facts.records import Tokens
from obsd.records import database
from obsd.records.state import State
from tests.unit.records.rig import LONG_AGO, install, kept, read_all, reader, summary, tools

SESSION = "ses_de701ae6bffedmKUaPqiRF8QcD"


@pytest.fixture
def path(short_tmp: Path) -> Path:
    return install(short_tmp, "opencode-edit")[0]


@pytest.fixture
def writer(path: Path) -> Iterator[sqlite3.Connection]:
    """opencode's own connection: it waits for nobody."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        yield connection


def part(status: str, name: str = "new.py") -> str:
    state = {"status": status, "input": {"filePath": f"/home/ann/w/s2/{name}", "content": "x\n"}}
    if status != "pending":
        state["time"] = {"start": 1795715700000, "end": 1795715700100}
    return json.dumps({"type": "tool", "tool": "write", "callID": f"call_abcdef0123456789{name}", "state": state})


def insert(writer: sqlite3.Connection, number: int, data: str) -> None:
    writer.execute(
        "INSERT INTO part (id, message_id, session_id, time_created, time_updated, data) VALUES (?, 'msg', ?, ?, ?, ?)",
        (f"prt_218ff{number:012}", SESSION, 1795715700000 + number, 1795715700000 + number, data),
    )


def test_a_call_is_followed_from_its_beginning_to_its_end(short_tmp: Path, writer: sqlite3.Connection) -> None:
    made = reader(short_tmp)
    first = read_all(made)
    insert(writer, 1, part("pending"))
    assert tools(read_all(made), ended=False) == []
    writer.execute("UPDATE part SET data = ? WHERE id = 'prt_218ff000000000001'", (part("running"),))
    assert [(tool.ended, tool.paths) for tool in tools(read_all(made), ended=False)] == [
        (None, ("/home/ann/w/s2/new.py",))
    ]
    state = kept(State(LONG_AGO).after([*first, *read_all(made)]))
    writer.execute("UPDATE part SET data = ? WHERE id = 'prt_218ff000000000001'", (part("completed"),))
    insert(writer, 2, part("completed", "other.py"))
    for again in (made, reader(short_tmp, state)):
        names = [os.path.basename(tool.paths[0]) for tool in tools(read_all(again))]
        assert names == ["new.py", "other.py"]


def test_the_writer_is_never_in_the_way_nor_kept_waiting(short_tmp: Path, writer: sqlite3.Connection) -> None:
    made = reader(short_tmp)
    writer.execute("BEGIN IMMEDIATE")
    insert(writer, 1, part("completed"))
    assert len(tools(read_all(made))) == 2, "read while a transaction is open"
    writer.execute("COMMIT")
    assert len(tools(read_all(made))) == 1
    assert writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0, "nobody holds it"


def test_nothing_is_left_beside_the_database(short_tmp: Path, path: Path) -> None:
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    assert list(before) == ["opencode.db"]
    assert before["opencode.db"][18] == 2, "the database says that it is in WAL mode"
    assert len(tools(read_all(reader(short_tmp)))) == 2
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_database_that_is_not_in_wal_mode_is_read_without_a_lock(short_tmp: Path, writer: sqlite3.Connection) -> None:
    writer.execute("PRAGMA journal_mode=DELETE")
    writer.execute("BEGIN EXCLUSIVE")
    assert len(tools(read_all(reader(short_tmp)))) == 2
    writer.execute("COMMIT")


def test_vacuum_moves_nothing(short_tmp: Path, writer: sqlite3.Connection) -> None:
    made = reader(short_tmp)
    first = read_all(made)
    writer.execute("DELETE FROM part WHERE rowid < 5")
    writer.execute("VACUUM")
    insert(writer, 1, part("completed"))
    for again in (made, reader(short_tmp, kept(State(LONG_AGO).after(first)))):
        ran, spent = summary(read_all(again))
        assert [tool[0] for tool in ran] == ["call_abcdef0123456789new.py"]
        assert spent == {}


def test_a_first_start_reads_only_what_is_newer(short_tmp: Path, path: Path) -> None:
    ran, spent = summary(read_all(reader(short_tmp, State(1795715658.0))))
    assert [tool[0] for tool in ran] == ["call_48356f1d86054427b49f"]
    assert spent == {SESSION: Tokens(100, 20)}


def test_rows_that_are_enormous_or_no_json_cost_themselves(short_tmp: Path, writer: sqlite3.Connection) -> None:
    insert(writer, 1, "x" * (database.MAX_ROW_CHARACTERS + 1))
    insert(writer, 2, "{half")
    insert(writer, 3, "[" * 100_000)
    insert(writer, 4, part("completed"))
    made = reader(short_tmp)
    assert len(tools(read_all(made))) == 3
    assert sum(count.misread for count in made.understanding.versions("opencode")) == 3


def test_a_database_of_another_kind_is_seen_as_drift(short_tmp: Path, path: Path) -> None:
    for file in path.parent.iterdir():
        file.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE something (id)")
    made = reader(short_tmp)
    for _ in range(3):
        assert tools(read_all(made)) == []
    assert {status.agent: status.state for status in made.status()}["opencode"] == "drifted"
    path.write_bytes(b"no database")
    assert tools(read_all(made)) == []
