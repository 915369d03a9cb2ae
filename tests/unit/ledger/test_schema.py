"""The ledger's file: made private, refused when it must not be touched, moved aside when it is damaged."""

from __future__ import annotations

import resource
import sqlite3
import stat
from pathlib import Path

import pytest

from obsd.errors import StoreError
from obsd.facts import Fact
from obsd.ledger import Ledger, schema
from obsd.ledger.migrations import MIGRATIONS
from obsd.views.state import StateChanges
from tests.unit.ledger.version_13 import UNPACKED
from tests.unit.recording import OpenLedger, added, changed, rows


def made(path: Path, *facts: Fact) -> Path:
    """A ledger that was used and closed."""
    ledger = Ledger.open(path)
    ledger.append(facts or [added(), changed()], StateChanges())
    ledger.close()
    return path


def refusal(path: Path) -> StoreError:
    with pytest.raises(StoreError) as caught:
        Ledger.open(path)
    return caught.value


def test_a_new_ledger_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = made(tmp_path / "ledger.sqlite3")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_written_is_there_at_the_next_open(tmp_path: Path) -> None:
    ledger = Ledger.open(made(tmp_path / "ledger.sqlite3"))
    assert [workspace.path for workspace in ledger.workspaces()] == ["/srv/w"]
    assert [change.path for change in ledger.changes()] == ["a.py"]
    ledger.close()


def test_nothing_but_the_file_is_left_when_it_is_closed(tmp_path: Path) -> None:
    made(tmp_path / "ledger.sqlite3")
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.sqlite3"]


def test_a_write_is_flushed_before_it_is_acknowledged(tmp_path: Path) -> None:
    ledger = OpenLedger.open(tmp_path / "ledger.sqlite3")
    assert isinstance(ledger, OpenLedger)
    pragma = ledger.connection.execute
    assert pragma("PRAGMA journal_mode").fetchone() == ("wal",)
    assert pragma("PRAGMA synchronous").fetchone() == (2,)
    ledger.close()


def test_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = made(tmp_path / "ledger.sqlite3")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    error = refusal(path)
    assert (error.reason, "99" in error.message, bool(error.hint)) == ("ledger_newer", True, True)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["ledger.sqlite3"]


def test_a_newer_version_that_is_only_in_the_log_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path / "ledger.sqlite3")
    other = sqlite3.connect(path)
    other.execute("PRAGMA user_version = 99")
    assert refusal(path).reason == "ledger_newer"
    other.close()


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    assert refusal(path).reason == "ledger_foreign"


@pytest.mark.parametrize("content", [b"x", b"no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_what_is_no_ledger_is_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(content)
    assert refusal(path).reason in ("ledger_damaged", "ledger_newer")
    assert path.read_bytes() == content


def test_a_cut_ledger_is_damaged(tmp_path: Path) -> None:
    path = made(tmp_path / "ledger.sqlite3", added(), *(changed(f"{n}.py") for n in range(2000)))
    path.write_bytes(path.read_bytes()[: -4096 * 3])
    assert refusal(path).reason == "ledger_damaged"


def test_a_ledger_with_a_broken_page_is_damaged(tmp_path: Path) -> None:
    path = made(tmp_path / "ledger.sqlite3", added(), *(changed(f"{n}.py") for n in range(2000)))
    content = bytearray(path.read_bytes())
    content[4096 * 8 : 4096 * 12] = b"\xa5" * 4096 * 4
    path.write_bytes(content)
    assert refusal(path).reason == "ledger_damaged"


def test_an_empty_file_becomes_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.touch()
    ledger = Ledger.open(path)
    assert ledger.workspaces() == []
    ledger.close()


@pytest.mark.parametrize("name", ["missing/ledger.sqlite3", "folder"])
def test_a_place_that_can_hold_no_ledger_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    error = refusal(tmp_path / name)
    assert error.reason == "ledger_unusable"
    assert str(tmp_path / name) in error.message


def test_a_damaged_ledger_makes_room_and_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    kept = set()
    for content in (b"first" * 100, b"second" * 100):
        path.write_bytes(content)
        path.with_name(path.name + "-wal").write_bytes(b"log")
        aside = Ledger.move_aside(path)
        assert aside.read_bytes() == content
        assert aside.with_name(aside.name + "-wal").read_bytes() == b"log"
        kept.add(aside)
        assert not path.exists()
    assert len(kept) == 2
    Ledger.open(path).close()


def test_the_register_of_a_damaged_ledger_is_salvaged_where_it_can_be_read(tmp_path: Path) -> None:
    path = made(tmp_path / "ledger.sqlite3", added("one"), added("two", path="/srv/\udc80"))
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE series")
    connection.close()
    assert refusal(path).reason == "ledger_damaged"
    found = Ledger.salvage_workspaces(Ledger.move_aside(path))
    assert [(workspace.name, workspace.path) for workspace in found] == [("one", "/srv/w"), ("two", "/srv/\udc80")]


def test_nothing_is_salvaged_from_what_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(b"nothing" * 1000)
    assert Ledger.salvage_workspaces(path) == []
    assert Ledger.salvage_workspaces(tmp_path / "missing") == []


BEFORE_USAGE = "DROP TABLE usage_days; DROP TABLE usage_figures; "
BEFORE_REPLACED = (
    f"{BEFORE_USAGE}DROP TABLE committed_files; DROP TABLE replaced; DROP TABLE replaced_hours;"
    " ALTER TABLE changes DROP COLUMN committed"
)
BEFORE_CLASSIFIED = (
    "DROP TABLE contents; DROP TABLE origins; DROP INDEX commits_unclassified;"
    " DROP TABLE history_commits; DROP TABLE history_sessions"
)
VERSION_3_COMMITS = """
DROP TABLE contents; DROP TABLE origins; DROP TABLE earlier_ids; DROP TABLE commits; DROP TABLE reflog_cursors;
CREATE TABLE commits (
    seq INTEGER PRIMARY KEY, at REAL NOT NULL, workspace INTEGER NOT NULL, commit_id NOT NULL, branch NOT NULL,
    author_name NOT NULL, author_email NOT NULL, subject NOT NULL, kind TEXT NOT NULL, agent NOT NULL,
    evidence TEXT NOT NULL, added INTEGER NOT NULL, removed INTEGER NOT NULL, files INTEGER NOT NULL,
    committed_at REAL NOT NULL, source TEXT NOT NULL, rewritten_as NOT NULL DEFAULT x''
);
CREATE INDEX commits_by_time ON commits (committed_at);
CREATE INDEX commits_by_rewrite ON commits (workspace, rewritten_as) WHERE rewritten_as <> x'';
CREATE UNIQUE INDEX commits_by_id ON commits (workspace, commit_id);
INSERT INTO commits SELECT 1, 5.0, 1, x'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    'main', 'A', 'a@b', 'feat: a', 'commit', 'unknown', 'none', 3, 0, 1, 5.0, 'hook', x'';
INSERT INTO commits SELECT 2, 6.0, 1, x'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
    'main', 'A', 'a@b', 'feat: b', 'commit', 'unknown', 'none', 1, 0, 1, 6.0, 'hook',
    x'cccccccccccccccccccccccccccccccccccccccc';
CREATE TABLE reflog_cursors (
    workspace INTEGER NOT NULL, log NOT NULL, at REAL NOT NULL, inode INTEGER NOT NULL, position INTEGER NOT NULL,
    last_id NOT NULL, PRIMARY KEY (workspace, log)
) WITHOUT ROWID;
INSERT INTO reflog_cursors VALUES (1, '/w/.git/logs/HEAD', 5.0, 1, 2, x'');
"""


def test_a_ledger_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO workspaces (id, name, path, present) VALUES (1, 'w', '/w', 1)")
    connection.executescript(UNPACKED)
    connection.execute("ALTER TABLE sessions DROP COLUMN first_commit")
    connection.execute("ALTER TABLE sessions DROP COLUMN stepped")
    connection.execute("ALTER TABLE sessions DROP COLUMN present")
    connection.executescript("DROP TABLE authors; DROP INDEX changes_waiting; ALTER TABLE changes DROP COLUMN author")
    connection.executescript("INSERT INTO paths VALUES (1, 'a.py'); INSERT INTO file_types VALUES (1, 'python')")
    connection.execute("INSERT INTO changes VALUES (9, 10000, 1, 1, 1, 1, 2, 1, 0, NULL, NULL)")
    connection.execute("INSERT INTO sessions VALUES (1, 1, 10.0, 20.0, 0, 3, 2, 5, 4, 1, 0, '[]')")
    connection.executescript("DROP TABLE days; DROP TABLE file_weeks; DROP TABLE author_hours")
    connection.executescript("DROP TABLE record_files; DROP TABLE record_tools")
    connection.executescript("DROP TABLE record_counts; DROP TABLE record_sessions")
    connection.executescript("DROP TABLE history_commits; DROP TABLE history_sessions")
    connection.executescript(BEFORE_REPLACED)
    for time, *sums in ((1, 2, 30, 4), (2, 5, 6, 7), (3, 1, 1, 1)):
        connection.execute("INSERT INTO hours VALUES (?, 1, 1, 1, ?, ?, ?)", (46 + time, *sums))
        connection.execute("INSERT INTO file_days VALUES (?, 1, 1, ?, ?, ?)", (12 + time, *sums))
    connection.executescript(VERSION_3_COMMITS)
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    ledger = Ledger.open(path)
    (amended, plain) = ledger.commits()
    assert (plain.commit_id, plain.earlier_ids, plain.lines_added) == ("aa" * 20, (), 3)
    assert (amended.commit_id, amended.earlier_ids, amended.subject) == ("cc" * 20, ("bb" * 20,), "feat: b")
    assert [cursor.head_id for cursor in ledger.reflog_cursors("w").values()] == [""]
    assert (ledger.records.kept().since, ledger.records.kept().marks) == (None, ())
    [session] = ledger.sessions(now=30.0)
    assert (session.duration_seconds, session.commits, session.first_commit_seconds) == (20, 1, None)
    [change] = ledger.changes()
    assert (change.change, change.agent, change.evidence) == (9, "unknown", "none")
    assert (list(ledger.state().waiting_changes), ledger.state().next_change) == ([], 10)
    ledger.close()
    assert rows(path, "SELECT * FROM days") == [(1, 1, 1, 1, 2, 30, 4), (2, 1, 1, 1, 6, 7, 8)]
    assert rows(path, "SELECT * FROM file_weeks") == [(1, 1, 1, 2, 30, 4)], "the last is summed up when it is over"
    assert rows(path, "SELECT * FROM author_hours") == [(0, 1, "unknown", "none", 1, 2, 1)]


def test_who_was_merely_present_is_no_author_any_more(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    Ledger.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO workspaces (id, name, path, present) VALUES (1, 'w', '/w', 1)")
    connection.executescript(UNPACKED)
    for number, source in ((1, "hook"), (2, "reflog")):
        connection.execute(
            "INSERT INTO commits VALUES (?, ?, 1, ?, 'main', '', '', '', 'commit', 'codex', 'process', 1, 1, 1, ?, ?,"
            " 0, '')",
            (number, number, bytes([number] * 20), number, source),
        )
    agents = '[["codex", "process"], ["amp", "trailer"]]'
    connection.execute(
        "INSERT INTO sessions VALUES (1, 1, 10.0, 20.0, 0, 3, 2, 5, 4, 1, 0, ?, NULL, 0, '[\"amp\"]')", (agents,)
    )
    for family, labels, value in (
        ("obsd_commits_total", '["codex", "process", "commit"]', 2),
        ("obsd_commits_total", '["unknown", "none", "commit"]', 3),
        ("obsd_agent_changes_total", '["codex", "process"]', 5),
    ):
        connection.execute(
            "INSERT INTO series (family, workspace, labels, value) VALUES (?, 1, ?, ?)", (family, labels, value)
        )
    connection.executescript(BEFORE_CLASSIFIED)
    for column in ("counted_added", "classified"):
        connection.execute(f"ALTER TABLE commits DROP COLUMN {column}")
    connection.executescript(BEFORE_REPLACED)
    connection.execute("PRAGMA user_version = 7")
    connection.commit()
    connection.close()
    ledger = Ledger.open(path)
    assert [(one.agent, one.evidence) for one in ledger.commits()] == [("unknown", "none"), ("codex", "writer")]
    [session] = ledger.sessions(now=30.0)
    assert (session.agents, session.present) == ((("amp", "trailer"),), ("amp", "codex"))
    ledger.close()
    assert rows(path, "SELECT labels, value FROM series ORDER BY family") == [
        ('["unknown", "none"]', 5),
        ('["unknown", "none", "commit"]', 5),
    ]


def _grow(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE larger (x)")
    connection.execute("INSERT INTO larger VALUES (zeroblob(8000000))")


def test_a_disk_that_is_full_while_the_format_is_brought_up_to_date_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(tmp_path / "ledger.sqlite3")
    monkeypatch.setattr(schema, "MIGRATIONS", {**MIGRATIONS, schema.VERSION: _grow})
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Python ignores the signal, and a write fails as it would on a disk without room.
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, before[1]))
    try:
        reason = refusal(path).reason
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert reason != "ledger_damaged", "it must not be set aside"
    ledger = Ledger.open(path)
    assert [change.path for change in ledger.changes()] == ["a.py"]
    ledger.close()
