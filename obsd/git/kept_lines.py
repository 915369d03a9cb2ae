"""Which lines of commits are still in the default branch, by comparing contents: no history is walked.

Owns what the default branch is, and where a file is that was renamed since. Lines that were squashed, rebased or
cherry-picked are there where the branch has them. Blocking: for the daemon it runs in a reader.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from obsd.errors import ObsdError
from obsd.git import program, same_lines
from obsd.git.layout import Layout
from obsd.git.repository import Repository

_REMOTE_HEAD: Final = "refs/remotes/origin/HEAD"
_USUAL: Final = ("main", "master")
_RENAMED: Final = 50
"""Commits of which renames are searched for."""
_PLACES: Final = 1_000_000
"""All places in which two contents may differ."""


class Wanted(NamedTuple):
    """A file as it is in a commit."""

    commit_id: str
    path: str
    content_id: str


def kept(where: Layout, files: Sequence[Wanted], max_bytes: int) -> list[tuple[int, ...]] | None:
    """For each file the lines that the default branch still has: two numbers for each piece, lines above it in the
    commit's file, and its lines. None where there is no branch. Raises ObsdError.

    A file that cannot be read, or that is larger than `max_bytes`, has none.
    """
    tip = default_tip(where)
    if not tip:
        return None
    repository = Repository(where)
    paths = _paths(where, repository, tip, files)
    found = []
    for file, path in zip(files, paths, strict=True):
        program.alive()
        found.append(_pieces(repository, tip, file, path, max_bytes) if path else ())
    return found


def default_tip(where: Layout) -> str:
    """The commit of the default branch: of the clone's or the remote's, the newer one; else of HEAD; empty for none."""
    for name in _names(where):
        refs = [f"refs/heads/{name}", f"refs/remotes/origin/{name}"]
        form = "--format=%(committerdate:unix) %(objectname)"
        with suppress(ObsdError):
            lines = program.run(where.worktree, ["for-each-ref", form, *refs]).decode("ascii", "replace").splitlines()
            if lines:
                return max(lines, key=lambda line: int(line.split()[0])).split()[1]
    return Repository(where).head_now()


def _names(where: Layout) -> tuple[str, ...]:
    with suppress(ObsdError):
        name = os.fsdecode(program.run(where.worktree, ["symbolic-ref", "-q", _REMOTE_HEAD])).strip()
        return (name.removeprefix("refs/remotes/origin/"),)
    return _USUAL


def _paths(where: Layout, repository: Repository, tip: str, files: Sequence[Wanted]) -> list[str]:
    """Where each file is at the tip; empty for one that is gone."""
    paths = [file.path if repository.blob_id(tip, file.path) else "" for file in files]
    missing = list(dict.fromkeys(file.commit_id for file, path in zip(files, paths, strict=True) if not path))
    renames = {commit_id: _renames(where, commit_id, tip) for commit_id in missing[:_RENAMED]}
    return [path or renames.get(file.commit_id, {}).get(file.path, "") for file, path in zip(files, paths, strict=True)]


def _renames(where: Layout, commit_id: str, tip: str) -> dict[str, str]:
    """The new names of the files of a commit that were renamed since."""
    arguments = ["diff-tree", "-r", "-M", "--diff-filter=R", "--name-status", "-z", commit_id, tip]
    with suppress(ObsdError):
        parts = [os.fsdecode(part) for part in program.run(where.worktree, arguments).split(b"\0")]
        return dict(zip(parts[1::3], parts[2::3], strict=False))
    return {}


def _pieces(repository: Repository, tip: str, file: Wanted, path: str, max_bytes: int) -> tuple[int, ...]:
    now = repository.blob_id(tip, path)
    before = repository.blob(file.content_id, max_bytes)
    if before is None:
        with suppress(ObsdError):
            [before] = repository.blobs(file.commit_id, [file.path])
    after = repository.blob(now, max_bytes) if now else None
    if before is None or after is None or len(before) > max_bytes:
        return ()
    numbers = same_lines.pieces(before, after, _PLACES)
    return tuple(number for at in range(0, len(numbers), 3) for number in (numbers[at], numbers[at + 2]))
