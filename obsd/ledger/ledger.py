"""The ledger: the memory of everything that was acknowledged, in one SQLite file.

Owns the file and its transactions; what is in it is written by `writing.py` and read by `reading.py`. All methods
block. They run on one thread at a time: the recorder's ledger thread, once the recorder has started.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from obsd.facts import Fact, KnownFile, ReflogRead
from obsd.ledger import forgetting, schema, week_sums
from obsd.ledger.activity_queries import ActivityReader
from obsd.ledger.day_queries import DayReader
from obsd.ledger.failures import damaged
from obsd.ledger.history_queries import HistoryReader
from obsd.ledger.interning import Names
from obsd.ledger.kept_lines import KeptReader
from obsd.ledger.origin_queries import OriginReader
from obsd.ledger.queries import Reader, salvaged_workspaces
from obsd.ledger.records_queries import RecordsReader
from obsd.ledger.replaced_lines import ReplacedReader
from obsd.ledger.report_queries import Reporting
from obsd.ledger.retention import Retention
from obsd.ledger.rows import ChangeRow, CommitRow, EventRow, SessionRow, ViolationRow
from obsd.ledger.session_features import SessionFeaturesReader
from obsd.ledger.session_queries import SessionReader
from obsd.ledger.telemetry_queries import TelemetryReader
from obsd.ledger.unused_paths import UnusedPaths
from obsd.ledger.usage_queries import UsageReader
from obsd.ledger.violation_queries import violations
from obsd.ledger.writer import Writer
from obsd.views.state import RestoredState, StateChanges
from obsd.workspaces.workspace import Workspace


class Ledger:
    """An open ledger. Methods raise sqlite3.Error when the file cannot be read or written."""

    def __init__(self, connection: sqlite3.Connection, path: Path, on_damage: Callable[[str], None]) -> None:
        self.path = path
        self.on_damage = on_damage
        """Called on the event loop with what SQLite says when damage is found."""
        self._connection = connection
        self._names = Names(connection)
        self._reader = Reader(connection, self._names)
        self._writer = Writer(connection, self._names)
        self.reporting = Reporting(connection)
        """Sums over a time."""
        self.day = DayReader(connection)
        self.session_detail = SessionReader(connection)
        """A day at a glance."""
        self.session_features = SessionFeaturesReader(connection)
        """The forms of sessions."""
        self.activity = ActivityReader(connection)
        """Who was at work when, and who wrote which file."""
        self.origins = OriginReader(connection, self._names)
        """Whose lines contents and commits are."""
        self.kept = KeptReader(connection)
        """What is kept of commits."""
        self.replaced = ReplacedReader(connection, self._names)
        """Lines that were taken away again."""
        self._retention = Retention(connection, path)
        self._unused_paths = UnusedPaths(connection)
        self.telemetry = TelemetryReader(connection, self._names)
        self.records = RecordsReader(connection)
        self.history = HistoryReader(connection)
        self.usage = UsageReader(connection)

    @classmethod
    def open(cls, path: Path, on_damage: Callable[[str], None] = lambda text: None) -> Ledger:
        """The ledger in a file, which is made when there is none; its folder must exist.

        Raises StoreError: `ledger_newer` and `ledger_foreign` (the file is left as it is), `ledger_damaged`
        (`move_aside` makes room for a new one), `ledger_unusable`.
        """
        ledger = cls(schema.connect(path), path, on_damage)
        try:
            ledger.state()
        except (sqlite3.DatabaseError, ValueError, KeyError, TypeError) as error:
            ledger._connection.close()  # as it is: nothing more is written into it
            raise damaged(path, str(error)) from error
        return ledger

    @staticmethod
    def salvage_workspaces(path: Path) -> list[Workspace]:
        """The register of a damaged ledger, as far as it can be read; nothing else of it is trusted."""
        return salvaged_workspaces(path)

    @staticmethod
    def move_aside(path: Path) -> Path:
        """Rename a damaged ledger, so that a new one can be opened; returns its new path. Raises OSError."""
        return schema.move_aside(path)

    def append(self, facts: Sequence[Fact], changes: StateChanges) -> None:
        """Write facts and the views' state in one transaction; when it returns they are on disk."""
        with self._transaction():
            attributed = self._writer.write(facts, changes)
        self._reader.session_shares.attributed(attributed)

    def state(self) -> RestoredState:
        """What the views had when the last transaction was written."""
        return self._reader.state()

    def workspaces(self) -> list[Workspace]:
        """The register, by name."""
        return self._reader.workspaces()

    def names(self) -> set[str]:
        """The names of all workspaces that were ever registered."""
        return {str(name) for (name,) in self._connection.execute("SELECT name FROM workspaces")}

    def log_frames(self) -> int:
        """How many frames of the write-ahead log SQLite has taken."""
        frames: int = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1]
        return frames

    def has_tree(self, workspace: str) -> bool:
        """Whether a first scan at the workspace was ever recorded."""
        return self._reader.has_tree(workspace)

    def known_files(self, workspace: str) -> list[KnownFile]:
        """What the watcher knew of files, in no order."""
        return self._reader.known_files(workspace)

    def reflog_cursors(self, workspace: str) -> dict[str, ReflogRead]:
        """How far each reflog of a workspace is read, by the path of the log."""
        return self._reader.reflog_cursors(workspace)

    def has_commit(self, workspace: str, commit_id: str) -> bool:
        """Whether a commit is counted, or a rewrite of one that is."""
        return bool(self._reader.known_commits(workspace, (commit_id,)))

    def known_commits(self, workspace: str, ids: Iterable[str]) -> set[str]:
        """Those of `ids` that are counted, or are rewrites of what is."""
        return self._reader.known_commits(workspace, ids)

    def known_rewrites(self, workspace: str, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of `pairs` (old id, new id) that are recorded."""
        return self._reader.known_rewrites(workspace, pairs)

    def commits_by_id(self, workspace: str, ids: Iterable[str]) -> dict[str, CommitRow]:
        """The commits that have, or had, some ids."""
        return self._reader.commits_by_id(workspace, ids)

    def commits(
        self,
        workspace: str = "",
        limit: int = 0,
        agent: str = "",
        since: float | None = None,
        until: float | None = None,
    ) -> list[CommitRow]:
        """Commits from `since` to before `until`, the one committed last first; `limit` 0 is none."""
        return self._reader.commits(workspace, limit, agent, since, until)

    def sessions(
        self,
        workspace: str = "",
        limit: int = 0,
        since: float | None = None,
        now: float | None = None,
        until: float | None = None,
        author: str = "",
    ) -> list[SessionRow]:
        """Sessions that ran at or after `since` and began before `until`, the one begun last first; those in which
        `author` wrote or committed (empty: all). Lengths of running ones go to `now`."""
        return self._reader.sessions(workspace, limit, since, now, until, author)

    def violations(
        self,
        workspace: str = "",
        limit: int = 0,
        rule: str = "",
        since: float | None = None,
        until: float | None = None,
    ) -> list[ViolationRow]:
        """Times that a rule was broken, the one recorded last first; from `since` to before `until`."""
        return violations(self._connection, workspace, limit, rule, since, until)

    def changes(self, workspace: str = "", limit: int = 0) -> list[ChangeRow]:
        """File changes, the one recorded last first."""
        return self._reader.changes(workspace, limit)

    def events(self, workspace: str = "", limit: int = 0) -> list[EventRow]:
        """Facts of all other kinds that are kept, the one recorded last first."""
        return self._reader.events(workspace, limit)

    def size_bytes(self) -> int:
        """Bytes on disk."""
        return self._retention.size_bytes()

    def prune(self, now: float, retention_days: float = 90, max_bytes: int = 1 << 30) -> bool:
        """Take one short step towards the bounds of age and size; True when another is needed."""
        with self._transaction():
            if week_sums.sum_up(self._connection, now):
                return True
            self._retention.keep_numbers()
            gone = self._retention.expire(now, retention_days) + self._retention.shrink(max_bytes)
        if gone:
            self._reader.session_shares.forget()
            return True
        return self._retention.give_back()

    def forget(self, workspace: str) -> bool:
        """Delete a step of the record of a workspace that is not registered; True when another is needed."""
        with self._transaction():
            self._retention.keep_numbers()
            more = forgetting.forget(self._connection, workspace)
        self._reader.session_shares.forget()
        self._names.forget()
        return more

    def paths_due(self, now: float) -> int:
        """How many unused paths are worth dropping now; 0: it is not time."""
        return self._unused_paths.due(now)

    def drop_unused_paths(self, now: float, least: int = 1) -> bool:
        """Take one short step through the record to forget paths that nothing names, if they are `least` or more; True
        when another is needed."""
        try:
            with self._transaction():
                more = self._unused_paths.step(now, least)
        except BaseException:
            self._unused_paths.forget()
            raise
        if not more:
            self._names.forget()
        return more

    def give_back(self) -> bool:
        """Give a step of room that is free in the file back to the file system; False when there is little."""
        return self._retention.give_back()

    def close(self) -> None:
        """Fold the write-ahead log into the file and close it."""
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._names.forget()
            self._writer.forget()
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
