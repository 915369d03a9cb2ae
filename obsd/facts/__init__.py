"""The one vocabulary: what was seen, as frozen dataclasses.

Every source turns what it sees into facts, and every view is a fold over facts. A fact says what was seen, where
and when; it never says what follows from it. The module imports nothing but the standard library, because the
watchers import it too.

Times (`at`) are Unix seconds of the wall clock. Paths are relative to the workspace, as `os.fsdecode` gives them
(bytes that are not UTF-8 are surrogates): escape them with `obsd.text.printable` before they leave the process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from obsd.facts import words
from obsd.facts.base import *  # noqa: F403 - they are part of the vocabulary
from obsd.facts.base import Fact
from obsd.facts.commits import *  # noqa: F403 - likewise
from obsd.facts.words import *  # noqa: F403 - likewise


@dataclass(frozen=True, slots=True)
class WorkspaceAdded(Fact):
    """A folder was registered; `path` is absolute, `parent` the workspace that brought a linked worktree along."""

    essential: ClassVar[bool] = True
    of_any_workspace: ClassVar[bool] = True

    path: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class WorkspaceRemoved(Fact):
    """A workspace was taken off the register."""

    essential: ClassVar[bool] = True


class LineEdit(NamedTuple):
    """Where a change put and took lines.

    `base_id` is the git blob id of the content before (empty: there was none, or it was not read), `lines` how many
    lines there are now. `hunks` has three numbers for each place: how many lines of the content before are above it,
    how many of them went, and how many came instead.
    """

    base_id: str
    lines: int
    hunks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FileChanged(Fact):
    """A quiet regular file differs from its last scan, and git did not do it.

    `lines_added` and `lines_removed` are None where they could not be measured; `unmeasured` then says why.
    `content_id` is the git blob id of the bytes as they were found, empty where they were not read. `change` is the
    change's number, which the recorder gives: unique in the ledger, and rising. `edit` is None where the lines were not
    measured, or changed in too many places.
    """

    own_table: ClassVar[bool] = True

    path: str
    operation: words.Operation
    file_type: str
    lines_added: int | None
    lines_removed: int | None
    unmeasured: words.Unmeasured = ""
    previous_path: str = ""
    content_id: str = ""
    change: int = 0
    edit: LineEdit | None = None


@dataclass(frozen=True, slots=True)
class GitChangedFiles(Fact):
    """Git itself wrote or removed so many files, by the command that did it."""

    operation: words.GitOperation
    files: int


@dataclass(frozen=True, slots=True)
class WorkDiscarded(Fact):
    """Uncommitted work in so many files was thrown away or put aside by git, on somebody's order (the files are in
    `GitChangedFiles`, too); `lines` are those that it had added and removed, as far as they could be measured."""

    operation: words.DiscardOperation
    files: int
    lines: int


class KnownFile(NamedTuple):
    """The state of a file at the last scan, for files that the git index does not speak for.

    `content_id` is the hexadecimal git blob id of the bytes on disk, empty for a file that was too large to read;
    `ctime_ns` is st_ctime, 0 where it proves nothing. (The ledger's column is called `mtime`, which it once held.)
    """

    path: str
    size_bytes: int
    ctime_ns: int
    inode: int
    content_id: str


@dataclass(frozen=True, slots=True)
class TreeUpdated(Fact):
    """What the watcher knows of files changed: written in the same transaction as the changes that it goes with.

    A first scan comes in parts: `begins` marks the first (what was known before is dropped), `complete` the last.
    """

    recorded: ClassVar[bool] = False
    essential: ClassVar[bool] = True

    known: tuple[KnownFile, ...] = ()
    forgotten: tuple[str, ...] = ()
    begins: bool = False
    complete: bool = False


@dataclass(frozen=True, slots=True)
class WatcherReported(Fact):
    """How the watcher is, and what it read since its last report (`events`, `overflows`)."""

    recorded: ClassVar[bool] = False
    stored: ClassVar[bool] = False

    state: words.WatchState
    detail: str = ""
    watches: int = 0
    watch_limit: int = 0
    folders_scanned: int = 0
    events: int = 0
    overflows: int = 0


@dataclass(frozen=True, slots=True)
class WatcherRestarted(Fact):
    """A watcher ended by itself and was started again; `cause` says how it ended."""

    cause: str


@dataclass(frozen=True, slots=True)
class Rescanned(Fact):
    """The whole workspace was rescanned."""

    reason: words.RescanReason
    duration_seconds: float
    changes: int


@dataclass(frozen=True, slots=True)
class ProbeReturned(Fact):
    """A probe went the whole way from the file system into the ledger."""

    recorded: ClassVar[bool] = False
    stored: ClassVar[bool] = False

    duration_seconds: float


@dataclass(frozen=True, slots=True)
class HookReported(Fact):
    """A hook's report was taken, and what became of it."""

    recorded: ClassVar[bool] = False
    stored: ClassVar[bool] = False
    of_any_workspace: ClassVar[bool] = True

    result: words.ReportResult
    hook: str


@dataclass(frozen=True, slots=True)
class SessionStarted(Fact):
    """A change or a commit came after a time without; derived by the sessions view."""

    own_table: ClassVar[bool] = True

    session_id: str


@dataclass(frozen=True, slots=True)
class SessionEnded(Fact):
    """Nothing came for the idle time; `at` is the session's last change or commit. Derived likewise."""

    own_table: ClassVar[bool] = True

    session_id: str
    started_at: float
    duration_seconds: float
    agent: str


@dataclass(frozen=True, slots=True)
class AnomalySeen(Fact):
    """A quantity is out of what is usual in the workspace; derived by the anomalies view, with the reason in words.

    `window_seconds` is 0 for a commit or a session, whose id is then the `subject`. `usual` and `at_most` are the
    median and the most of the workspace's own history, `score` says by how many spreads `value` is above the median.
    """

    kind: words.AnomalyKind
    value: float
    usual: float
    at_most: float
    score: float
    window_seconds: float
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class AgentsPresent(Fact):
    """Which agents were at work in an active workspace, by their ids; recorded when it differs from the last scan."""

    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleBroken(Fact):
    """A rule that was kept is broken now, by a commit or a path (`subject`); `detail` says how, in words."""

    rule: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class RuleKept(Fact):
    """A rule that was broken is kept again."""

    rule: str


@dataclass(frozen=True, slots=True)
class ClockStepped(Fact):
    """The wall clock was set, `seconds` ahead or (negative) back; `at` is by the new time. Of no workspace."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Ticked(Fact):
    """Time passed: what views have of a clock."""

    recorded: ClassVar[bool] = False
    stored: ClassVar[bool] = False
