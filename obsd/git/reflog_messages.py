"""What moved HEAD: the meaning of reflog entries, by the messages that git, libgit2 and JGit write.

Owns the classification and the branch of every entry; pure, any thread. docs/commits.md has the table for users.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from obsd.facts import CommitKind
from obsd.git.layout import DETACHED, UNKNOWN_BRANCH
from obsd.git.reflog import Entry

What = Literal["commit", "merge", "amend", "pick", "unclear", "set", "start", "finish", "switch", "move"]
"""`commit`: made here. `merge`: made here when it has several parents. `amend`, `pick`: a rewrite. `unclear`: nobody
knows by the message. `set`: put on a commit that may just have been made for it (`git subtree`). `start`, `finish`: of
a rebase. `switch`: to another branch. `move`: nothing was made."""

_STEP = re.compile(r"(?:rebase(?: -[a-z]| --[a-z-]+)*|pull\b.*?) \((?P<step>[a-z -]+)\): ", re.DOTALL)
_PICKS = frozenset({"pick", "reword", "edit", "squash", "fixup", "continue", "merge", "amend"})
_FINISHES = frozenset({"finish", "abort"})
_SWITCH = re.compile(r"checkout: moving from (?P<left>.+) to (?P<entered>.+)\Z", re.DOTALL)
_RENAMED = re.compile(r"Branch: renamed refs/heads/(?P<left>.+) to refs/heads/(?P<entered>.+)\Z", re.DOTALL)
_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_COMMIT = re.compile(r"commit(?: \((?P<how>[a-z-]+)\))?:")
_COMMIT_KINDS: dict[str, CommitKind] = {"merge": "merge", "cherry-pick": "cherry-pick", "revert": "revert"}
_MOVING = (
    "clone:",
    "branch:",
    "Branch:",
    "checkout:",
    "initial pull",
    "fetch",
    "push",
    "bisect",
    "worktree",
    "refresh (create temporary patch)",  # stgit's: the commit that `refresh` melds in the next moment
)


class Move(NamedTuple):
    """An entry and what it was. `branch` is the short name of the branch that it moved, or `(detached)`.

    `rebase` counts the rebases among the entries, from 0, for those inside one (the branch is then the one that is
    being rebased); None outside. `kind` is that of a commit.
    """

    entry: Entry
    what: What
    kind: CommitKind
    branch: str
    rebase: int | None


def classify(entries: Sequence[Entry], branch: str, rebased: str | None) -> list[Move]:
    """The moves, oldest first. `branch` is what HEAD names now, `rebased` the branch whose rebase is under way."""
    moves: list[Move] = []
    walk = _Walk(branch, rebased)
    for entry in reversed(entries):
        what, kind = meaning(entry)
        moves.append(Move(entry, what, kind, *walk.before(entry, what)))
    moves.reverse()
    return moves


def meaning(entry: Entry) -> tuple[What, CommitKind]:
    """What an entry's message says."""
    message = entry.message
    if message.startswith("commit: "):
        return "commit", "commit"
    if step := _STEP.match(message):
        return _step(step["step"]), "commit"
    if message.startswith("rebase"):
        return _old_rebase(message), "commit"
    if commit := _COMMIT.match(message):
        how = commit["how"] or ""
        return ("amend", "commit") if how == "amend" else ("commit", _COMMIT_KINDS.get(how, "commit"))
    if message.startswith(("merge ", "pull")):
        return ("move" if message.endswith("Fast-forward") else "merge"), "merge"
    for command in ("cherry-pick", "revert", "am"):
        if message.startswith(f"{command}:"):
            return ("move" if message == f"{command}: fast-forward" else "commit"), command
    if _SWITCH.match(message) or _RENAMED.match(message):
        return "switch", "unknown"
    if message.startswith("reset:"):
        return "set", "unknown"
    return ("move" if message.startswith(_MOVING) else "unclear"), "unknown"


def step_of(entry: Entry) -> str:
    """The step of a rebase that an entry names (`pick`, `edit`, `squash`); empty for none."""
    match = _STEP.match(entry.message)
    return match["step"] if match else ""


def _step(step: str) -> What:
    if step in _PICKS:
        return "pick"
    if step in _FINISHES:
        return "finish"
    return "start" if step == "start" else "move"


def _old_rebase(message: str) -> What:
    """What git before 2.26 wrote: `rebase: checkout X`, `rebase: SUBJECT`, `rebase finished: returning to X`."""
    if message.startswith("rebase: checkout "):
        return "start"
    if message.startswith(("rebase finished:", "rebase: aborting")):
        return "finish"
    return "pick" if message.startswith("rebase: ") else "move"


class _Walk:
    """The branch of HEAD, followed backwards from now."""

    def __init__(self, branch: str, rebased: str | None) -> None:
        self._branch = branch
        self._rebased = rebased
        self._number = 0

    def before(self, entry: Entry, what: What) -> tuple[str, int | None]:
        """The branch that the entry moved and the rebase that it was in; steps behind the entry before it."""
        if what == "finish":
            # After it, HEAD names again the branch that was rebased: the same as before the start.
            self._rebased = self._branch
        here = self._here()
        if what == "start" and self._rebased is not None:
            self._branch, self._rebased = self._rebased, None
            self._number += 1
        elif what == "switch" and self._rebased is None:
            self._branch = _left(entry.message)
        elif not entry.old and what == "commit":
            # A commit without a parent, on a branch that `checkout --orphan` began: it leaves no entry.
            self._branch = UNKNOWN_BRANCH
        return here

    def _here(self) -> tuple[str, int | None]:
        return (self._branch, None) if self._rebased is None else (self._rebased, self._number)


def _left(message: str) -> str:
    match = _SWITCH.match(message) or _RENAMED.match(message)
    left = match["left"] if match else ""
    return DETACHED if _OBJECT_ID.fullmatch(left) else left
