"""Moves of HEAD whose commits no message names: other programs' entries, resets, and moves without an entry.

Owns the decision by the graph of commits: which commits that HEAD gained were made here, and which of them replace
commits that it lost. Blocking, by the `Repository` that it is given; worker threads only.

A commit was made here when it was made at the time of the move, by the one who moved HEAD where an entry names them,
and was neither fetched (a remote-tracking reference or FETCH_HEAD has it) nor made in another worktree (whose log has
it).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from obsd.errors import ObsdError
from obsd.facts import Rewrite
from obsd.git import layout as layouts
from obsd.git import program
from obsd.git.layout import Layout
from obsd.git.reflog import Entry, parse
from obsd.git.reflog_messages import meaning
from obsd.git.repository import CommitInfo, Repository

CLOCK_SLACK_SECONDS = 2
_MAX_COMMITS = 1000
_MAX_LOGS = 500
_MAX_WORKTREES = 500
_LINE_BYTES = 4096
_TAIL_BYTES = 64 * 1024
_MAKING = frozenset({"commit", "merge", "amend", "pick", "unclear"})
_PUSHED = b"update by push\n"

Made = Callable[[CommitInfo], bool]
"""Returns whether a commit was made at the time of a move, by the person who moved HEAD."""


@dataclass(frozen=True, slots=True)
class Gained:
    """A commit that was made here, in a list oldest first; `replaced` is the commit that it replaced."""

    info: CommitInfo
    replaced: CommitInfo | None = None

    @property
    def rewrite(self) -> Rewrite:
        """Returns the kind of rewrite: an amend keeps the parents."""
        same = self.replaced is not None and self.replaced.parents == self.info.parents
        return "amend" if same else "rebase"


def by_entry(entry: Entry) -> Made:
    """Returns a test for commits made when an entry was written, by the person named in it."""
    return lambda info: (
        abs(info.committer_time - entry.time) <= CLOCK_SLACK_SECONDS
        and entry.ident == f"{info.committer_name} <{info.committer_email}>"
    )


def between_looks(since: float, now: float) -> Made:
    """Returns a test for commits made between two scans, in Unix seconds, by anybody."""
    return lambda info: since - CLOCK_SLACK_SECONDS <= info.committer_time <= now + CLOCK_SLACK_SECONDS


def gained(repository: Repository, old: str, new: str, made: Made, *, sure: bool = False) -> list[Gained]:
    """Returns the commits made here when HEAD moved from `old` (empty: no commit) to `new`, oldest first.

    `sure`: `new` itself was made here, because only making a commit moves HEAD that way.
    """
    infos = _walk(repository, old, new, made)
    ids = [info.id for info in infos]
    if ids and not (sure and ids == [new]):
        wanted = _made_here(repository, ids, old)
        infos = [info for info in infos if info.id in wanted or (sure and info.id == new)]
    if not infos:
        return []
    if infos[0].parents[:1] == (old,) or not old:
        return [Gained(info) for info in infos]
    return _matched(infos, _lost(repository, old, new))


def _walk(repository: Repository, old: str, new: str, made: Made) -> list[CommitInfo]:
    found: list[CommitInfo] = []
    waiting, seen = [new], {old}
    while waiting and len(found) < _MAX_COMMITS:
        commit_id = waiting.pop()
        info = repository.find(commit_id) if commit_id not in seen else None
        seen.add(commit_id)
        if info is not None and made(info):
            found.append(info)
            waiting += info.parents
    # Parents come after their children here, except on the sides of a merge.
    found.reverse()
    return sorted(found, key=lambda info: info.committer_time)


def _lost(repository: Repository, old: str, new: str) -> list[CommitInfo]:
    infos = (repository.find(commit_id) for commit_id in repository.between(old, new, _MAX_COMMITS))
    return [info for info in infos if info is not None]


def _matched(infos: Sequence[CommitInfo], lost: list[CommitInfo]) -> list[Gained]:
    """A rewrite keeps the author and the author's time, and mostly the subject; otherwise it has the same parents."""
    found = []
    for info in infos:
        same = [one for one in lost if one.author == info.author and len(one.parents) == len(info.parents)]
        wanted = [one for one in same if one.subject == info.subject] or same
        wanted = wanted or [one for one in lost if one.parents == info.parents]
        if wanted:
            lost.remove(wanted[0])
        found.append(Gained(info, wanted[0] if wanted else None))
    return found


def _made_here(repository: Repository, ids: Sequence[str], old: str) -> set[str]:
    """Returns those of `ids` that are new to HEAD, not fetched or stashed, and not made in another worktree."""
    where = repository.layout
    others = [one for one in (old, *_fetched(where)) if one and repository.find(one) is not None]
    excluded = [f"--exclude={ref}" for ref in _pushed(where.common_dir)]
    options = ["rev-list", *ids, "--not", *others, *excluded, "--glob=refs/remotes/*", "--"]
    try:
        new = set(program.run(where.worktree, options).decode("ascii", "replace").split())
    except ObsdError:
        return set()
    return (new & set(ids)) - _made_elsewhere(where)


def _made_elsewhere(where: Layout) -> set[str]:
    """Returns the commits that were made in other worktrees, by their logs."""
    folders = [where.common_dir]
    with suppress(OSError):
        folders += islice(sorted((where.common_dir / "worktrees").iterdir()), _MAX_WORKTREES)
    logs = (folder / "logs" / "HEAD" for folder in folders if folder != where.git_dir)
    return {entry.new for log in logs for entry in parse(_tail(log, _TAIL_BYTES)) if meaning(entry)[0] in _MAKING}


def _fetched(where: Layout) -> list[str]:
    """Returns the commits of the last fetch, and the stash."""
    text = layouts.read_pointer(where.git_dir / "FETCH_HEAD") or ""
    stash = layouts.read_pointer(where.common_dir / "refs" / "stash") or ""
    words = (line.partition("\t")[0].strip() for line in (*text.split("\n"), stash))
    return [word for word in words if layouts.is_id(word)]


def _pushed(common_dir: Path) -> list[str]:
    """Returns remote-tracking references last moved by a push from here: their commits were not fetched."""
    top = common_dir / "logs" / "refs" / "remotes"
    found = []
    for folder, _, names in islice(os.walk(top), _MAX_LOGS):
        for name in names[:_MAX_LOGS]:
            log = Path(folder, name)
            if _tail(log, _LINE_BYTES).endswith(_PUSHED):
                found.append(f"refs/remotes/{log.relative_to(top)}")
    return found[:_MAX_LOGS]


def _tail(log: Path, size_bytes: int) -> bytes:
    with suppress(OSError), open(log, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - size_bytes))
        return file.read(size_bytes)
    return b""
