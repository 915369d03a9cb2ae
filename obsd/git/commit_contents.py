"""What the daemon needs to know of commits: their headers, messages and figures, read in one go.

Owns which of it is missing when a repository cannot be read. Blocking: for the daemon it runs in a reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from obsd.errors import NotFound, ObsdError
from obsd.git import layout, program
from obsd.git.layout import Layout
from obsd.git.numstat import Figures, measure
from obsd.git.repository import CommitInfo, NotACommit, Repository

_KEPT_CHARACTERS = 1 << 16
"""Of a message: so much of its beginning, and as much of its end, where trailers are."""


@dataclass(frozen=True, slots=True)
class Contents:
    """A commit; `info` and `figures` are None where they cannot be read, and `problem` says why, if anything does."""

    info: CommitInfo | None = None
    figures: Figures | None = None
    problem: str = ""


NOTHING = Contents()


def read_contents(where: Layout, ids: Sequence[str]) -> list[Contents]:
    """What there is of each commit, in order."""
    repository = Repository(where)
    return [_read(repository, commit_id) for commit_id in ids]


def require_commit(path: str, commit_id: str) -> None:
    """Raises what is the matter with a commit that nobody knows, if the repository does not have it."""
    where = layout.find(path)
    if where is not None and Repository(where).commit(commit_id) is not None:
        return
    raise NotFound(
        "unknown_commit",
        f"the repository has no commit {commit_id}",
        "`git log` there shows the commits that it has",
    )


def _read(repository: Repository, commit_id: str) -> Contents:
    program.alive()
    try:
        info = repository.commit(commit_id)
    except NotACommit:
        return NOTHING
    except ObsdError as error:
        return Contents(problem=error.message)
    if info is None:
        return NOTHING
    bounded = _bounded(info)
    try:
        return Contents(bounded, measure(repository, info))
    except ObsdError as error:
        return Contents(bounded, problem=error.message)


def _bounded(info: CommitInfo) -> CommitInfo:
    if len(info.message) <= 2 * _KEPT_CHARACTERS:
        return info
    return replace(info, message=f"{info.message[:_KEPT_CHARACTERS]}\n\n{info.message[-_KEPT_CHARACTERS:]}")
