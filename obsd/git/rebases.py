"""Rebases in a reflog: which commit each pick replaces, and which commits made during one are new.

Owns the match of picks with the commits that a rebase had to move. Blocking, by the `Repository` that it is given;
worker threads only.

The log has the picks, and `commit:` for what `git commit` made while the rebase had stopped. That can be the pick
whose conflicts were resolved so, or a commit of its own, and its author's time does not show it (git 2.39 makes a new
one). The evidence: where the rebase stopped (at an `edit` its pick is in the log already), and whether one of the
commits that it had to move is missing among the picks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from obsd.git import layout as layouts
from obsd.git.layout import Layout
from obsd.git.reflog_messages import Move, step_of
from obsd.git.repository import CommitInfo, Repository

_MELDS = frozenset({"squash", "fixup"})
_OWN_STOPS = frozenset({"exec", "x", "break", "b"})


@dataclass(slots=True)
class _Rebase:
    """The commits to move that no pick has replaced yet, in order; all of them; and what each move replaced."""

    waiting: list[CommitInfo]
    originals: frozenset[str]
    replaced: dict[int, str] = field(default_factory=dict)
    melded: dict[int, str] = field(default_factory=dict)

    def take(self, info: CommitInfo) -> str:
        """The original of a pick: the author and the author's time stay, and mostly the subject."""
        same = [one for one in self.waiting if one.author == info.author]
        wanted = [one for one in same if one.subject == info.subject] or same
        return self.drop(wanted[0]) if wanted else ""

    def drop(self, original: CommitInfo) -> str:
        self.waiting.remove(original)
        return original.id


class Rebases:
    """All rebases among some moves, which are complete: those inside one begin with its start, if the log has it."""

    def __init__(self, repository: Repository, moves: Sequence[Move]) -> None:
        self._repository = repository
        self._moves = moves
        self._rebases: dict[int, _Rebase] = {}

    def fast_forwarded(self, index: int) -> bool:
        """Whether the pick at that index only stepped onto a commit that was to be moved."""
        return self._moves[index].entry.new in self._of(index).originals

    def replaced(self, index: int) -> str | None:
        """The commit that the move at that index replaced: empty when that is unknown, None when it is a new commit."""
        rebase = self._of(index)
        if self._moves[index].what == "pick":
            return rebase.replaced.get(index, "")
        if index in rebase.replaced:
            return rebase.replaced[index]
        return None

    def melded(self, index: int) -> tuple[str, ...]:
        """The commit that went into another with the squash or fixup at that index; empty where that is unknown."""
        melded = self._of(index).melded.get(index, "")
        return (melded,) if melded else ()

    def _of(self, index: int) -> _Rebase:
        number = self._moves[index].rebase
        number = -1 if number is None else number
        if number not in self._rebases:
            self._rebases[number] = self._match(number)
        return self._rebases[number]

    def _match(self, number: int) -> _Rebase:
        inside = [index for index, move in enumerate(self._moves) if move.rebase == number]
        rebase = self._begin(inside)
        for index in inside:
            move = self._moves[index]
            if move.what == "pick" and step_of(move.entry) not in _MELDS:
                rebase.replaced[index] = self._picked(rebase, move)
        melds = [index for index in inside if step_of(self._moves[index].entry) in _MELDS]
        for index in inside:
            if self._moves[index].what != "commit" or len(rebase.waiting) <= len(melds):
                continue
            if self._finishes_a_pick(rebase, index, inside):
                rebase.replaced[index] = rebase.drop(rebase.waiting[0])
        self._meld(rebase, melds)
        return rebase

    def _picked(self, rebase: _Rebase, move: Move) -> str:
        """What a pick replaced. A reword picks first, and then replaces what it picked, in an entry of its own."""
        info, before = self._repository.find(move.entry.new), self._repository.find(move.entry.old)
        if info is None:
            return ""
        return before.id if before is not None and before.parents == info.parents else rebase.take(info)

    def _meld(self, rebase: _Rebase, melds: Sequence[int]) -> None:
        """What a squash makes takes the place of the pick before it. The log does not say which commit it melded in:
        that is known when just as many commits are left over."""
        left = rebase.waiting if len(rebase.waiting) == len(melds) else []
        for number, index in enumerate(melds):
            rebase.replaced[index] = self._moves[index].entry.old
            if left:
                rebase.melded[index] = left[number].id

    def _begin(self, inside: Sequence[int]) -> _Rebase:
        start = next((self._moves[index].entry for index in inside if self._moves[index].what == "start"), None)
        tip, onto = (start.old, start.new) if start is not None else _under_way(self._repository.layout)
        ids = self._repository.between(tip, onto) if tip and onto else []
        infos = [info for commit_id in ids if (info := self._repository.find(commit_id)) is not None]
        # Merges are not picked; with --rebase-merges they come as steps of their own.
        return _Rebase([info for info in infos if len(info.parents) < 2], frozenset(ids))

    def _finishes_a_pick(self, rebase: _Rebase, index: int, inside: Sequence[int]) -> bool:
        before = self._moves[index - 1] if index > inside[0] else None
        if before is not None and (before.what in ("commit", "amend") or step_of(before.entry) == "edit"):
            return False
        return bool(rebase.waiting) and not (index == len(self._moves) - 1 and self._stopped_by_itself())

    def _stopped_by_itself(self) -> bool:
        """Whether the rebase that is under way stopped at a `break` or an `exec`: no pick waits to be finished."""
        done = layouts.read_pointer(self._repository.layout.git_dir / "rebase-merge" / "done") or ""
        last = done.strip().rpartition("\n")[2]
        return last.partition(" ")[0] in _OWN_STOPS


def lacks_start(moves: Iterable[Move]) -> bool:
    """Whether the first of the moves lie inside a rebase whose start is not among them."""
    first = next((move for move in moves if move.rebase is not None), None)
    return first is not None and first.what != "start"


def _under_way(worktree: Layout) -> tuple[str, str]:
    """Tip and base of the rebase that is under way, or of the one that ended last; empty where that is unknown."""
    for state in ("rebase-merge", "rebase-apply"):
        tip = layouts.read_pointer(worktree.git_dir / state / "orig-head")
        onto = layouts.read_pointer(worktree.git_dir / state / "onto")
        if tip and onto:
            return tip.strip(), onto.strip()
    tip, head = layouts.read_pointer(worktree.git_dir / "ORIG_HEAD"), layouts.head_id(worktree)
    return (tip.strip(), head) if tip and head else ("", "")
