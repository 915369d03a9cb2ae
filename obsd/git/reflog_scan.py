"""One scan of a worktree: which commits and rewrites its reflog has after the cursor, and which HEAD shows without it.

Owns the decision what an entry counts as, where its message alone does not say, and what a move of HEAD between two
entries was; asks the repository only then. Blocking; worker threads only. What the facts say of a commit is in
`obsd/sources/commit_description.py`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from obsd.facts import CommitKind, ReflogRead, Rewrite
from obsd.git import head_moves, reflog
from obsd.git import layout as layouts
from obsd.git.head_moves import Gained
from obsd.git.layout import Layout
from obsd.git.rebases import Rebases, lacks_start
from obsd.git.reflog_messages import Move, classify
from obsd.git.repository import CommitInfo, Repository

_MAX_TRIES = 3
_TRANSACTION_SECONDS = 0.05
"""git moves a branch some microseconds before it writes the entry of HEAD."""
UNBORN = "0" * 40
"""Stands in a cursor for a HEAD that names no commit yet."""


@dataclass(frozen=True, slots=True)
class Made:
    """A commit that was made here. `before` is what HEAD was at until then, empty where that is unknown."""

    commit_id: str
    kind: CommitKind
    branch: str
    time: int
    ident: str
    message: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A commit that got a new id, on a branch; `old_id` is empty where that is unknown, `melded_ids` went into it."""

    operation: Rewrite
    old_id: str
    new_id: str
    time: int
    branch: str
    melded_ids: tuple[str, ...] = ()
    inferred: bool = False
    """By the graph of commits: what is known already was not made again."""


@dataclass(frozen=True, slots=True)
class ReflogScan:
    """What was found, oldest first, and the new cursor. `log` is False when the worktree keeps no reflog; `more`
    is True when the log goes on behind the cursor."""

    found: tuple[Made | Rewritten, ...]
    cursor: ReflogRead
    log: bool = True
    more: bool = False


def scan_reflog(worktree: Layout, cursor: ReflogRead, now: float) -> ReflogScan:
    """What the reflog has behind the cursor, and what HEAD gained without an entry."""
    repository = Repository(worktree)
    seen = _read(repository, cursor, now)
    moves = classify(seen.entries, seen.branch, seen.rebased)
    known = 0
    if lacks_start(moves) and seen.reading is not None:
        # The part of a rebase that was read before tells what the rest of it replaces.
        before = reflog.before(worktree.head_log, seen.reading)
        moves, known = classify((*before, *seen.entries), seen.branch, seen.rebased), len(before)
    decisions = _Decisions(repository, moves, cursor.at, now)
    found: list[Made | Rewritten] = []
    at = cursor.head_id
    for index in range(known, len(moves)):
        move = moves[index]
        found += decisions.gap(at, move.entry.old, move.branch)
        found += decisions.entry(index)
        at = move.entry.new
    if not seen.more:
        # While there is more of the log, HEAD is explained by what is still to be read.
        found += decisions.gap(at, seen.head, seen.branch)
        at = seen.head
    moved = seen.reading.cursor if seen.reading is not None else replace(cursor, at=now)
    log = seen.reading is not None
    return ReflogScan(tuple(found), replace(moved, head_id=at or UNBORN), log, seen.more)


def end_cursor(worktree: Layout, workspace: str, now: float) -> ReflogRead:
    """A cursor at the end of a log, with what HEAD names now."""
    cursor = reflog.end_of(worktree.head_log, workspace, now)
    return replace(cursor, head_id=Repository(worktree).head_now() or UNBORN)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The log and the HEAD that goes with its end. `head` is the id, empty for none."""

    reading: reflog.Reading | None
    head: str
    branch: str
    rebased: str | None

    @property
    def entries(self) -> tuple[reflog.Entry, ...]:
        return self.reading.entries if self.reading is not None else ()

    @property
    def more(self) -> bool:
        return self.reading is not None and self.reading.more

    def explains_head(self, cursor: ReflogRead) -> bool:
        """Whether the entries and what was known before lead to HEAD."""
        ids = {cursor.head_id or cursor.last_id}
        ids.update(*((entry.old, entry.new) for entry in self.entries))
        return (self.head or UNBORN) in ids


def _read(repository: Repository, cursor: ReflogRead, now: float) -> _Seen:
    """Read again when the log grew meanwhile, or when HEAD moved and its entry may be on the way."""
    worktree = repository.layout
    tries = 0
    while True:
        tries += 1
        # First HEAD, then the log: what moved HEAD until then has its entry, but for what is being written now.
        head = repository.head_now()
        reading = reflog.read(worktree.head_log, cursor, now)
        branch, rebased = layouts.head_branch(worktree), layouts.rebased_branch(worktree)
        seen = _Seen(reading, head, branch, rebased)
        if tries == _MAX_TRIES or seen.more:
            return seen
        if reading is not None and not seen.explains_head(cursor):
            time.sleep(_TRANSACTION_SECONDS)
        elif reading is None or _size(worktree.head_log) == reading.cursor.offset:
            return seen


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except OSError:
        return -1


class _Decisions:
    """Decides what each of the moves counts as, which were made between two times."""

    def __init__(self, repository: Repository, moves: Sequence[Move], since: float, now: float) -> None:
        self._repository = repository
        self._moves = moves
        self._rebases = Rebases(repository, moves)
        self._made_between = head_moves.between_looks(since, now)
        self._passed: set[str] = set()
        """What HEAD was at before: going back there makes nothing."""

    def entry(self, index: int) -> list[Made | Rewritten]:
        """The commits and the rewrites that a move was."""
        move = self._moves[index]
        self._passed.add(move.entry.old)
        found = [] if move.entry.old == move.entry.new else self._entry(move, index)
        self._passed.add(move.entry.new)
        return found

    def _entry(self, move: Move, index: int) -> list[Made | Rewritten]:
        if move.what == "commit":
            return [self._commit(move, index)]
        if move.what == "pick":
            return [] if self._rebases.fast_forwarded(index) else [self._picked(move, index)]
        if move.what == "amend":
            return [_rewritten(move, "amend", move.entry.old)]
        return list(self._by_graph(move)) if move.what in ("merge", "unclear", "set") else []

    def gap(self, old: str, new: str, branch: str) -> list[Made | Rewritten]:
        """What HEAD gained when it moved without an entry: some programs write none (docs/commits.md)."""
        if not old or not new or old == new or (old != UNBORN and self._repository.find(old) is None):
            return []
        old = "" if old == UNBORN else old
        self._passed.add(old)
        found = head_moves.gained(self._repository, old, new, self._made_between)
        return [_found(one, branch, one.info.committer_time) for one in found if one.info.id not in self._passed]

    def _commit(self, move: Move, index: int) -> Made | Rewritten:
        old = self._rebases.replaced(index) if move.rebase is not None else None
        return _made(move, move.kind) if old is None else _rewritten(move, "rebase", old)

    def _picked(self, move: Move, index: int) -> Rewritten:
        old = self._rebases.replaced(index) or ""
        return _rewritten(move, "rebase", old, self._rebases.melded(index))

    def _by_graph(self, move: Move) -> Iterator[Made | Rewritten]:
        """A message that does not say what was made: of a merge, which may be a fast-forward, a reset, or nobody's."""
        entry = move.entry
        info = self._repository.find(entry.new)
        if info is None:
            if move.what == "merge" and "Merge made by" in entry.message:
                yield _made(move, "merge")
            return
        made = head_moves.by_entry(entry)
        if move.what == "merge":
            if len(info.parents) < 2:
                return
            # An octopus onto an ancestor has not the commit before as a parent.
            sure = info.parents[0] == entry.old or "Merge made by" in entry.message
            if sure and not made(info):
                yield _made(move, "merge")
                return
        else:
            sure = move.what == "unclear" and self._follows(info, entry.old)
        if not made(info):
            if move.what == "unclear":
                yield from self._kept_its_time(move, info)
            return
        for one in head_moves.gained(self._repository, entry.old, entry.new, made, sure=sure):
            if one.info.id in self._passed:
                continue
            kind = move.kind if one.info.id == entry.new and move.what == "merge" else None
            yield _found(one, move.branch, entry.time, entry.ident, kind)

    def _kept_its_time(self, move: Move, info: CommitInfo) -> Iterator[Rewritten]:
        """stgit's refresh keeps the committer's time, be it of long ago: a lost commit of the same author and author's
        time shows that it is a rewrite."""
        entry = move.entry
        if entry.new in self._passed or entry.ident != f"{info.committer_name} <{info.committer_email}>":
            return
        for one in head_moves.gained(self._repository, entry.old, entry.new, lambda other: other.id == info.id):
            if one.replaced is not None and one.replaced.author == info.author:
                yield Rewritten(one.rewrite, one.replaced.id, info.id, entry.time, move.branch, inferred=True)

    def _follows(self, info: CommitInfo, old: str) -> bool:
        """Whether a commit is a child of the one before, or took its place."""
        before = self._repository.find(old) if old else None
        return info.parents[:1] == (old,) or (before is not None and before.parents == info.parents)


def _found(one: Gained, branch: str, time: int, ident: str = "", kind: CommitKind | None = None) -> Made | Rewritten:
    info = one.info
    if one.replaced is not None:
        return Rewritten(one.rewrite, one.replaced.id, info.id, time, branch, inferred=True)
    guessed: CommitKind = "merge" if len(info.parents) > 1 else "unknown"
    ident = ident or f"{info.committer_name} <{info.committer_email}>"
    return Made(info.id, kind or guessed, branch, time, ident, "")


def _made(move: Move, kind: CommitKind) -> Made:
    entry = move.entry
    return Made(entry.new, kind, move.branch, entry.time, entry.ident, entry.message, entry.old)


def _rewritten(move: Move, operation: Rewrite, old_id: str, melded: tuple[str, ...] = ()) -> Rewritten:
    return Rewritten(operation, old_id, move.entry.new, move.entry.time, move.branch, melded)
