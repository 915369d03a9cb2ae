"""Moves of HEAD of which no message says what was made: other programs' entries, resets, and moves without an entry.

Owns the decision by the graph of commits: which of those that HEAD gained were made here, and which of them replace
commits that it lost. Blocking, by the `Repository` that it is given; worker threads only.

A commit was made here when it was made at the time of the move, by the one who moved HEAD where an entry names them,
and no other reference has it: what was fetched, or made on another branch or in another worktree, lies in one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from obsd.errors import ObsdError
from obsd.facts import Rewrite
from obsd.git import layout as layouts
from obsd.git import program
from obsd.git.layout import Layout
from obsd.git.reflog import Entry
from obsd.git.repository import CommitInfo, Repository

CLOCK_SLACK_SECONDS = 2
_MAX_COMMITS = 1000
_MAX_LOGS = 500
_MAX_WORKTREES = 500
_LINE_BYTES = 4096
_PUSHED = b"update by push\n"

Made = Callable[[CommitInfo], bool]
"""Whether a commit was made at the time of a move, by the one who moved HEAD."""


@dataclass(frozen=True, slots=True)
class Gained:
    """A commit that was made here, oldest first among its like; `replaced` is the one that it took the place of."""

    info: CommitInfo
    replaced: CommitInfo | None = None

    @property
    def rewrite(self) -> Rewrite:
        """What replaced it: an amend leaves the parents as they were."""
        same = self.replaced is not None and self.replaced.parents == self.info.parents
        return "amend" if same else "rebase"


def by_entry(entry: Entry) -> Made:
    """Made just when an entry was written, by the one who is named there."""
    return lambda info: (
        abs(info.committer_time - entry.time) <= CLOCK_SLACK_SECONDS
        and entry.ident == f"{info.committer_name} <{info.committer_email}>"
    )


def between_looks(since: float, now: float) -> Made:
    """Made between two looks, in Unix seconds; who did it nobody says."""
    return lambda info: since - CLOCK_SLACK_SECONDS <= info.committer_time <= now + CLOCK_SLACK_SECONDS


def gained(
    repository: Repository, old: str, new: str, made: Made, own: Iterable[str], *, sure: bool = False
) -> list[Gained]:
    """What was made here when HEAD went from `old` (empty: there was no commit) to `new`, oldest first.

    `own` are the full names of the references that may have it. `sure`: `new` itself was made here whatever others
    have, for only who makes a commit moves HEAD that way.
    """
    infos = _walk(repository, old, new, made)
    ids = [info.id for info in infos]
    if (ids and ids != [new]) or not sure:
        wanted = _nowhere_else(repository, ids, old, own) if ids else set()
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
    # Parents come after their children here, but for the sides of a merge.
    found.reverse()
    return sorted(found, key=lambda info: info.committer_time)


def _lost(repository: Repository, old: str, new: str) -> list[CommitInfo]:
    infos = (repository.find(commit_id) for commit_id in repository.between(old, new, _MAX_COMMITS))
    return [info for info in infos if info is not None]


def _matched(infos: Sequence[CommitInfo], lost: list[CommitInfo]) -> list[Gained]:
    """The author and the author's time stay in a rewrite, and mostly the subject."""
    found = []
    for info in infos:
        same = [one for one in lost if _author(one) == _author(info) and len(one.parents) == len(info.parents)]
        wanted = [one for one in same if one.subject == info.subject] or same
        if not wanted and len(infos) == 1:
            wanted = [one for one in lost[-1:] if one.parents == info.parents]
        if wanted:
            lost.remove(wanted[0])
        found.append(Gained(info, wanted[0] if wanted else None))
    return found


def _author(info: CommitInfo) -> tuple[str, str, int]:
    return info.author_name, info.author_email, info.author_time


def _nowhere_else(repository: Repository, ids: Sequence[str], old: str, own: Iterable[str]) -> set[str]:
    """Those of `ids` that no reference has but `own`, and no other worktree's HEAD, and that were not fetched."""
    where = repository.layout
    excluded = [f"--exclude={ref}" for ref in (*own, *_pushed(where.common_dir))]
    others = [*_heads_elsewhere(where), *_fetched(where), *([old] if old else [])]
    others = [commit_id for commit_id in others if repository.find(commit_id) is not None]
    options = ["rev-list", *ids, "--not", *others, *excluded, "--glob=refs/*", "--"]
    with suppress(ObsdError):
        return set(program.run(where.worktree, options).decode("ascii", "replace").split())
    return set()


def _heads_elsewhere(where: Layout) -> list[str]:
    """The commits of the other worktrees, detached ones among them."""
    folders = [where.common_dir]
    with suppress(OSError):
        folders += islice(sorted((where.common_dir / "worktrees").iterdir()), _MAX_WORKTREES)
    others = (Layout(where.worktree, folder, where.common_dir) for folder in folders if folder != where.git_dir)
    return [commit_id for one in others if layouts.is_id(commit_id := layouts.head_id(one))]


def _fetched(where: Layout) -> list[str]:
    text = layouts.read_pointer(where.git_dir / "FETCH_HEAD") or ""
    return [line[:64].partition("\t")[0] for line in text.split("\n") if layouts.is_id(line[:64].partition("\t")[0])]


def _pushed(common_dir: Path) -> list[str]:
    """Remote-tracking references that a push from here moved last: what they have was not fetched."""
    top = common_dir / "logs" / "refs" / "remotes"
    found = []
    for folder, _, names in islice(os.walk(top), _MAX_LOGS):
        for name in names[:_MAX_LOGS]:
            log = Path(folder, name)
            if _last_line(log).endswith(_PUSHED):
                found.append(f"refs/remotes/{log.relative_to(top)}")
    return found[:_MAX_LOGS]


def _last_line(log: Path) -> bytes:
    with suppress(OSError), open(log, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LINE_BYTES))
        return file.read(_LINE_BYTES)
    return b""
