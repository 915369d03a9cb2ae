"""One look at a worktree: which commits and rewrites its reflog has behind the cursor.

Owns the decision what an entry counts as, where its message alone does not say; asks the repository only then.
Blocking; worker threads only. What the facts say of a commit is in `obsd/sources/commit_description.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from obsd.facts import CommitKind, ReflogRead, Rewrite
from obsd.git import layout as layouts
from obsd.git import reflog
from obsd.git.layout import Layout
from obsd.git.rebases import Rebases, lacks_start
from obsd.git.reflog_messages import Move, classify
from obsd.git.repository import CommitInfo, Repository

_CLOCK_SLACK_SECONDS = 2
_MAX_TRIES = 3


@dataclass(frozen=True, slots=True)
class Made:
    """A commit that was made here."""

    commit_id: str
    kind: CommitKind
    branch: str
    time: int
    ident: str
    message: str


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A commit that got a new id; `old_id` is empty where nothing tells it."""

    operation: Rewrite
    old_id: str
    new_id: str
    time: int


@dataclass(frozen=True, slots=True)
class Look:
    """What was found, oldest first, and the cursor behind it. `log` is False when the worktree keeps no reflog; `more`
    is True when the log goes on behind the cursor."""

    found: tuple[Made | Rewritten, ...]
    cursor: ReflogRead | None
    log: bool = True
    more: bool = False


def look(worktree: Layout, cursor: ReflogRead, now: float) -> Look:
    """What the reflog has behind the cursor."""
    reading, branch, rebased = _read(worktree, cursor, now)
    if reading is None:
        return Look((), None, log=False)
    moves = classify(reading.entries, branch, rebased)
    known = 0
    if lacks_start(moves):
        # The part of a rebase that was read before tells what the rest of it replaces.
        before = reflog.before(worktree.head_log, reading)
        moves, known = classify((*before, *reading.entries), branch, rebased), len(before)
    judge = _Judge(Repository(worktree), moves)
    found = tuple(item for index in range(known, len(moves)) if (item := judge.decide(index)) is not None)
    return Look(found, reading.cursor, more=reading.more)


def _read(worktree: Layout, cursor: ReflogRead, now: float) -> tuple[reflog.Reading | None, str, str | None]:
    """The log together with the HEAD that goes with its end: read again when the log grew meanwhile."""
    tries = 0
    while True:
        tries += 1
        reading = reflog.read(worktree.head_log, cursor, now)
        if reading is None or not reading.entries:
            return reading, "", None
        branch, rebased = layouts.head_branch(worktree), layouts.rebased_branch(worktree)
        if tries == _MAX_TRIES or reading.more or _size(worktree.head_log) == reading.cursor.offset:
            return reading, branch, rebased


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except OSError:
        return -1


class _Judge:
    """Decides what each of the moves counts as."""

    def __init__(self, repository: Repository, moves: Sequence[Move]) -> None:
        self._repository = repository
        self._moves = moves
        self._rebases = Rebases(repository, moves)

    def decide(self, index: int) -> Made | Rewritten | None:
        """The commit or the rewrite that a move was; None for neither."""
        move = self._moves[index]
        if move.entry.old == move.entry.new:
            return None
        if move.what == "commit":
            return self._commit(move, index)
        if move.what == "pick":
            return self._pick(move, index)
        if move.what == "amend":
            return _rewritten(move, "amend", move.entry.old)
        if move.what == "merge":
            return self._merge(move)
        return self._unclear(move) if move.what == "unclear" else None

    def _commit(self, move: Move, index: int) -> Made | Rewritten:
        old = self._rebases.replaced(index) if move.rebase is not None else None
        return _made(move, move.kind) if old is None else _rewritten(move, "rebase", old)

    def _pick(self, move: Move, index: int) -> Rewritten | None:
        if self._rebases.fast_forwarded(index):
            return None
        return _rewritten(move, "rebase", self._rebases.replaced(index) or "")

    def _merge(self, move: Move) -> Made | None:
        info = self._repository.find(move.entry.new)
        if info is None:
            return _made(move, "merge") if "Merge made by" in move.entry.message else None
        merged = len(info.parents) > 1 and info.parents[0] == move.entry.old
        return _made(move, "merge") if merged else None

    def _unclear(self, move: Move) -> Made | Rewritten | None:
        """A message that is nobody's: it counts when HEAD moved to a child of the commit before, made just then by
        the one who moved it; a brother made just then is an amend."""
        info = self._repository.find(move.entry.new)
        if info is None or not move.entry.old or not _made_by(move, info):
            return None
        if info.parents[:1] == (move.entry.old,):
            return _made(move, "merge" if len(info.parents) > 1 else "unknown")
        before = self._repository.find(move.entry.old)
        return _rewritten(move, "amend", move.entry.old) if before and before.parents == info.parents else None


def _made_by(move: Move, info: CommitInfo) -> bool:
    near = abs(info.committer_time - move.entry.time) <= _CLOCK_SLACK_SECONDS
    return near and move.entry.ident == f"{info.committer_name} <{info.committer_email}>"


def _made(move: Move, kind: CommitKind) -> Made:
    entry = move.entry
    return Made(entry.new, kind, move.branch, entry.time, entry.ident, entry.message)


def _rewritten(move: Move, operation: Rewrite, old_id: str) -> Rewritten:
    return Rewritten(operation, old_id, move.entry.new, move.entry.time)
