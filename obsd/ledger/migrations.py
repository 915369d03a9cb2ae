"""From each older version of the ledger to the next. Owns the steps; each runs in the transaction of `schema.py`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from importlib import resources
from typing import Final

from obsd.ledger import known_files, week_sums
from obsd.ledger.codec import milliseconds
from obsd.ledger.positions import first_change_at


def statements() -> list[str]:
    """The statements of `schema.sql`: the ledger as it is now."""
    text = resources.files("obsd.ledger").joinpath("schema.sql").read_text("utf-8")
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return [statement for statement in bare.split(";") if statement.strip()]


def _know_first_commits(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE sessions ADD COLUMN first_commit REAL")
    connection.execute("ALTER TABLE sessions ADD COLUMN stepped REAL NOT NULL DEFAULT 0")


def _sum_up_longer(connection: sqlite3.Connection) -> None:
    sums = "changes INTEGER NOT NULL, added INTEGER NOT NULL, removed INTEGER NOT NULL"
    for table, length, rest, source, shorter in (
        ("days", 24, ("workspace", "operation", "file_type"), "hours", "hour"),
        ("file_weeks", 7, ("workspace", "path"), "file_days", "day"),
    ):
        key = (table.removeprefix("file_").removesuffix("s"), *rest)
        columns = ", ".join(f"{name} INTEGER NOT NULL" for name in key)
        connection.execute(f"CREATE TABLE {table} ({columns}, {sums}, PRIMARY KEY ({', '.join(key)})) WITHOUT ROWID")
        connection.execute(
            f"INSERT INTO {table} SELECT {shorter} / {length}, {', '.join(rest)}, SUM(changes), SUM(added),"  # noqa: S608
            f" SUM(removed) FROM {source} GROUP BY 1, {', '.join(rest)}"
        )


def _know_authors(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE authors (id INTEGER PRIMARY KEY, agent NOT NULL, evidence TEXT NOT NULL, session NOT NULL,"
        " program NOT NULL, UNIQUE (agent, evidence, session, program))"
    )
    connection.execute("ALTER TABLE changes ADD COLUMN author INTEGER")
    # Of what was recorded before, nobody knows the author; and nothing is to wait for one.
    connection.execute("INSERT INTO authors VALUES (1, 'unknown', 'none', '', '')")
    connection.execute("UPDATE changes SET author = 1")
    connection.execute("CREATE INDEX changes_waiting ON changes (seq) WHERE author IS NULL")
    connection.execute("ALTER TABLE sessions ADD COLUMN present TEXT NOT NULL DEFAULT '[]'")


def _show_commits_as_they_are(connection: sqlite3.Connection) -> None:
    # What was rewritten before has its new id from now on; how it was changed then is not known.
    columns = "at, workspace, branch, author_name, author_email, subject, kind, agent, evidence"
    figures = "added, removed, files, committed_at, source"
    connection.execute("DROP TABLE IF EXISTS earlier_ids")
    connection.execute("DROP INDEX IF EXISTS commits_by_rewrite")
    connection.execute("DROP INDEX IF EXISTS commits_by_id")
    connection.execute("DROP INDEX IF EXISTS commits_by_time")
    connection.execute("ALTER TABLE commits RENAME TO old_commits")
    for statement in statements():
        if "TABLE commits " in statement or " ON commits " in statement or "earlier_ids" in statement:
            connection.execute(statement)
    connection.execute(
        f"INSERT OR IGNORE INTO commits (seq, commit_id, {columns}, {figures})"  # noqa: S608
        f" SELECT seq, CASE WHEN rewritten_as = x'' THEN commit_id ELSE rewritten_as END, {columns}, {figures}"
        " FROM old_commits"
    )
    connection.execute(
        "INSERT OR IGNORE INTO earlier_ids (workspace, commit_id, commit_seq)"
        " SELECT workspace, commit_id, seq FROM old_commits WHERE rewritten_as <> x''"
    )
    connection.execute("DROP TABLE old_commits")
    connection.execute("ALTER TABLE reflog_cursors ADD COLUMN head_id NOT NULL DEFAULT ''")


def _know_lines(connection: sqlite3.Connection) -> None:
    if "counted_added" not in {row[1] for row in connection.execute("PRAGMA table_info(commits)")}:
        connection.execute("ALTER TABLE commits ADD COLUMN counted_added INTEGER NOT NULL DEFAULT 0")
        connection.execute("ALTER TABLE commits ADD COLUMN classified DEFAULT ''")
    # Nobody knows who wrote the lines of what was committed before.
    connection.execute("UPDATE commits SET classified = NULL")
    for statement in statements():
        if any(f" {name} " in statement for name in ("TABLE contents", "TABLE origins", "ON contents")):
            connection.execute(statement)
        elif "commits_unclassified" in statement:
            connection.execute(statement.replace("INDEX", "INDEX IF NOT EXISTS"))


def _read_records(connection: sqlite3.Connection) -> None:
    _create_tables(connection, "record_")


def _read_history(connection: sqlite3.Connection) -> None:
    _create_tables(connection, "history_")


def _know_what_was_replaced(connection: sqlite3.Connection) -> None:
    if "committed" not in {row[1] for row in connection.execute("PRAGMA table_info(changes)")}:
        connection.execute("ALTER TABLE changes ADD COLUMN committed INTEGER")
    _create_tables(connection, "replaced")
    # Which of the changes so far are committed nobody knows: they are taken to be.
    connection.execute("INSERT OR REPLACE INTO meta SELECT 'replaced_since', COALESCE(MAX(seq), 0) FROM changes")


def _keep_lines(connection: sqlite3.Connection) -> None:
    _create_tables(connection, "committed_files ")


def _read_usage(connection: sqlite3.Connection) -> None:
    _create_tables(connection, "usage_")


def _create_tables(connection: sqlite3.Connection, prefix: str) -> None:
    for statement in statements():
        if f"TABLE {prefix}" in statement:
            connection.execute(statement)


def _sum_up_by_author(connection: sqlite3.Connection) -> None:
    for statement in statements():
        if "TABLE author_hours " in statement:
            connection.execute(statement)
    connection.execute(
        "INSERT INTO author_hours SELECT c.at / 3600000, c.workspace, a.agent, a.evidence, COUNT(*),"
        " COALESCE(SUM(c.added), 0), COALESCE(SUM(c.removed), 0)"
        " FROM changes c JOIN authors a ON a.id = c.author GROUP BY 1, 2, 3, 4"
    )


def _forget_who_was_present(connection: sqlite3.Connection) -> None:
    # `process` was both: the agent above a commit's hook, and one that was merely there.
    connection.execute("UPDATE commits SET evidence = 'writer' WHERE evidence = 'process' AND source = 'hook'")
    connection.execute("UPDATE commits SET evidence = 'none', agent = 'unknown' WHERE evidence = 'process'")
    rows = connection.execute("SELECT number, agents, present FROM sessions WHERE agents LIKE '%\"process\"%'")
    for number, agents, present in rows.fetchall():
        known = json.loads(agents)
        there = [agent for agent, evidence in known if evidence == "process"]
        left = [each for each in known if each[1] != "process"]
        seen = list(dict.fromkeys([*json.loads(present), *there]))
        connection.execute(
            "UPDATE sessions SET agents = ?, present = ? WHERE number = ?", (json.dumps(left), json.dumps(seen), number)
        )
    rows = connection.execute(
        "SELECT id, family, workspace, labels, value FROM series WHERE labels LIKE '%\"process\"%'"
    )
    for row, family, workspace, labels, value in rows.fetchall():
        known = json.loads(labels)
        if known[1:2] != ["process"]:
            continue
        connection.execute("DELETE FROM series WHERE id = ?", (row,))
        connection.execute(
            "INSERT INTO series (family, workspace, labels, value) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (workspace, family, labels) DO UPDATE SET value = value + excluded.value",
            (family, workspace, json.dumps(["unknown", "none", *known[2:]]), value),
        )


def _number_known_files(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE known_files RENAME TO old_known_files")
    _create_tables(connection, "known_files ")
    connection.execute("INSERT OR IGNORE INTO paths (path) SELECT path FROM old_known_files ORDER BY path")
    connection.create_function("packed", 4, _packed, deterministic=True)
    connection.execute(
        "INSERT INTO known_files SELECT k.workspace, p.id, packed(k.size, k.mtime, k.inode, k.content_id)"
        " FROM old_known_files k JOIN paths p ON p.path = k.path"
    )
    connection.create_function("packed", 4, None)
    connection.execute("DROP TABLE old_known_files")


def _packed(size: int, ctime_ns: int, inode: int, content_id: bytes | str) -> bytes:
    # An id that is no id of git's is of no use: the file is compared again.
    return known_files.packed(size, ctime_ns, inode, content_id if isinstance(content_id, bytes) else b"")


def _number_first_changes(connection: sqlite3.Connection) -> None:
    if "first_change" not in {row[1] for row in connection.execute("PRAGMA table_info(sessions)")}:
        connection.execute("ALTER TABLE sessions ADD COLUMN first_change INTEGER NOT NULL DEFAULT 0")
    begun = connection.execute("SELECT MIN(started_at) FROM sessions WHERE ended = 0").fetchone()[0]
    if begun is not None:
        _find_first_changes(connection, begun)
    connection.execute("DROP TABLE session_files")


def _find_first_changes(connection: sqlite3.Connection, begun: float) -> None:
    # The record from the oldest open session on, once: the first change of each to a file that is among its files.
    connection.execute(
        "UPDATE sessions SET first_change = found.first FROM (SELECT s.number AS number, MIN(c.seq) AS first"
        " FROM changes c JOIN sessions s ON s.workspace = c.workspace AND s.ended = 0"
        " JOIN session_files f ON f.session = s.number AND f.path = c.path"
        " WHERE c.seq >= ? AND c.at >= CAST(s.started_at * 1000 AS INTEGER) GROUP BY s.number) AS found"
        " WHERE sessions.number = found.number",
        (first_change_at(connection, milliseconds(begun)),),
    )


def _sum_up_weeks_later(connection: sqlite3.Connection) -> None:
    # The last week is not over: its days are read until it is.
    newest = connection.execute("SELECT MAX(week) FROM file_weeks").fetchone()[0]
    if newest is not None:
        connection.execute("DELETE FROM file_weeks WHERE week = ?", (newest,))
        week_sums.note(connection, newest - 1)


def _pack_rows(connection: sqlite3.Connection) -> None:
    _number_known_files(connection)
    _number_first_changes(connection)
    _sum_up_weeks_later(connection)


def _scope_usage(connection: sqlite3.Connection) -> None:
    if "person" not in {row[1] for row in connection.execute("PRAGMA table_info(usage_figures)")}:
        return
    connection.execute("ALTER TABLE usage_figures RENAME TO old_usage_figures")
    _create_tables(connection, "usage_figures ")
    connection.execute(
        "INSERT INTO usage_figures SELECT vendor, day, 'person', person, measure, amount FROM old_usage_figures"
    )
    connection.execute("DROP TABLE old_usage_figures")


def _know_editors(connection: sqlite3.Connection) -> None:
    for statement in statements():
        if any(f"TABLE {name} " in statement for name in ("suggestion_hours", "editor_hours")):
            connection.execute(statement.replace("TABLE", "TABLE IF NOT EXISTS", 1))


MIGRATIONS: Final[dict[int, Callable[[sqlite3.Connection], None]]] = {
    1: _know_first_commits,
    2: _sum_up_longer,
    3: _know_authors,
    4: _show_commits_as_they_are,
    5: _read_records,
    6: _sum_up_by_author,
    7: _forget_who_was_present,
    8: _read_history,
    9: _know_lines,
    10: _know_what_was_replaced,
    11: _read_usage,
    12: _keep_lines,
    13: _pack_rows,
    14: _scope_usage,
    15: _know_editors,
}
"""From each older version to the next."""
