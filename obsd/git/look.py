"""One look at a worktree: which commits and rewrites its reflog has behind the cursor.

Owns the decision what an entry counts as, where its message alone does not say; asks the repository only then.
Blocking; worker threads only. What the facts say of a commit is in `obsd/commit_facts.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from obsd.facts import CommitKind, ReflogRead, Rewrite
from obsd.git import layout as layouts
from obsd.git import reflog
from obsd.git.layout import Layout
from obsd.git.moves import Move, classify
from obsd.git.repository import CommitInfo, NotACommit, Repository

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
    """What was found, oldest first, and the cursor behind it. `log` is False when the worktree keeps no reflog."""

    found: tuple[Made | Rewritten, ...]
    cursor: ReflogRead | None
    log: bool = True


def look(worktree: Layout, cursor: ReflogRead, now: float) -> Look:
    """What the reflog has behind the cursor."""
    reading, branch, rebased = _read(worktree, cursor, now)
    if reading is None:
        return Look((), None, log=False)
    moves = classify(reading.entries, branch, rebased)
    judge = _Judge(Repository(worktree), moves, cursor.at)
    found = tuple(item for move in moves if (item := judge.decide(move)) is not None)
    return Look(found, reading.cursor)


def _read(worktree: Layout, cursor: ReflogRead, now: float) -> tuple[reflog.Reading | None, str, str | None]:
    """The log together with the HEAD that goes with its end: read again when the log grew meanwhile."""
    tries = 0
    while True:
        tries += 1
        reading = reflog.read(worktree.head_log, cursor, now)
        if reading is None or not reading.entries:
            return reading, "", None
        branch, rebased = layouts.head_branch(worktree), layouts.rebased_branch(worktree)
        if tries == _MAX_TRIES or _size(worktree.head_log) == reading.cursor.offset:
            return reading, branch, rebased


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except OSError:
        return -1


@dataclass(slots=True)
class _Rebase:
    """A rebase: when it began, and the commits that it had to move, by what a pick leaves as it was."""

    began: float
    originals: set[str] = field(default_factory=set)
    by_author: dict[tuple[str, str, int], list[CommitInfo]] = field(default_factory=lambda: defaultdict(list))

    def match(self, info: CommitInfo, *, subject: bool) -> str:
        """The original of a picked commit, which is then used up; empty when there is none."""
        same = self.by_author.get((info.author_name, info.author_email, info.author_time), [])
        wanted = [one for one in same if one.subject == info.subject] or ([] if subject else same)
        if not wanted:
            return ""
        same.remove(wanted[0])
        return wanted[0].id


class _Judge:
    """Decides what each move counts as."""

    def __init__(self, repository: Repository, moves: Iterable[Move], looked_at: float) -> None:
        self._repository = repository
        self._looked_at = looked_at
        self._rebases: dict[int, _Rebase] = {}
        self._starts = {move.rebase: move for move in moves if move.what == "start"}

    def decide(self, move: Move) -> Made | Rewritten | None:
        """The commit or the rewrite that a move was; None for neither."""
        if move.entry.old == move.entry.new:
            return None
        decide: Callable[[Move], Made | Rewritten | None] | None = {
            "commit": self._commit,
            "merge": self._merge,
            "amend": self._amend,
            "pick": self._pick,
            "unclear": self._unclear,
        }.get(move.what)
        return decide(move) if decide is not None else None

    def _commit(self, move: Move) -> Made | Rewritten | None:
        if move.rebase is None:
            return _made(move, move.kind)
        # `git commit` in a rebase that stopped: it finishes the pick that had conflicts, and then keeps its author's
        # time, from before the rebase; or it is a commit of its own.
        info = self._info(move.entry.new)
        rebase = self._rebase(move.rebase)
        if info is None:
            return _made(move, move.kind)
        old = rebase.match(info, subject=True)
        if old or info.author_time < int(rebase.began):
            return _rewritten(move, "rebase", old or rebase.match(info, subject=False))
        return _made(move, move.kind)

    def _merge(self, move: Move) -> Made | None:
        info = self._info(move.entry.new)
        if info is None:
            return _made(move, "merge") if "Merge made by" in move.entry.message else None
        merged = len(info.parents) > 1 and info.parents[0] == move.entry.old
        return _made(move, "merge") if merged else None

    def _amend(self, move: Move) -> Rewritten:
        return _rewritten(move, "amend", move.entry.old)

    def _pick(self, move: Move) -> Rewritten | None:
        info = self._info(move.entry.new)
        rebase = self._rebase(move.rebase if move.rebase is not None else -1)
        if move.entry.new in rebase.originals:
            return None
        return _rewritten(move, "rebase", rebase.match(info, subject=False) if info is not None else "")

    def _unclear(self, move: Move) -> Made | Rewritten | None:
        """A message that is nobody's: it counts when HEAD moved to a child of the commit before, made just then by
        the one who moved it; a brother made just then is an amend."""
        info = self._info(move.entry.new)
        if info is None or not move.entry.old or not _made_by(move, info):
            return None
        if info.parents[:1] == (move.entry.old,):
            return _made(move, "merge" if len(info.parents) > 1 else "unknown")
        before = self._info(move.entry.old)
        return (
            _rewritten(move, "amend", move.entry.old) if before and before.parents == info.parents else None
        )

    def _info(self, commit_id: str) -> CommitInfo | None:
        try:
            return self._repository.commit(commit_id)
        except NotACommit:
            return None

    def _rebase(self, number: int) -> _Rebase:
        if number not in self._rebases:
            self._rebases[number] = self._new_rebase(number)
        return self._rebases[number]

    def _new_rebase(self, number: int) -> _Rebase:
        start = self._starts.get(number)
        if start is not None:
            tip, onto, began = start.entry.old, start.entry.new, float(start.entry.time)
        else:
            tip, onto = _under_way(self._repository.layout)
            began = self._looked_at
        rebase = _Rebase(began)
        for commit_id in self._repository.between(tip, onto) if tip and onto else ():
            if (info := self._info(commit_id)) is not None:
                rebase.originals.add(commit_id)
                rebase.by_author[(info.author_name, info.author_email, info.author_time)].append(info)
        return rebase


def _under_way(worktree: Layout) -> tuple[str, str]:
    """Tip and base of the rebase that is under way, or of the one that ended last; empty where nothing tells."""
    for state in ("rebase-merge", "rebase-apply"):
        tip = layouts.read_pointer(worktree.git_dir / state / "orig-head")
        onto = layouts.read_pointer(worktree.git_dir / state / "onto")
        if tip and onto:
            return tip.strip(), onto.strip()
    tip, head = layouts.read_pointer(worktree.git_dir / "ORIG_HEAD"), layouts.head_id(worktree)
    return (tip.strip(), head) if tip and head else ("", "")


def _made_by(move: Move, info: CommitInfo) -> bool:
    near = abs(info.committer_time - move.entry.time) <= _CLOCK_SLACK_SECONDS
    return near and move.entry.ident == f"{info.committer_name} <{info.committer_email}>"


def _made(move: Move, kind: CommitKind) -> Made:
    entry = move.entry
    return Made(entry.new, kind, move.branch, entry.time, entry.ident, entry.message)


def _rewritten(move: Move, operation: Rewrite, old_id: str) -> Rewritten:
    return Rewritten(operation, old_id, move.entry.new, move.entry.time)
