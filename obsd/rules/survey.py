"""A survey of a workspace for the rules: what they need of git, read in one go.

Owns which questions are asked, so that a rule that is off costs nothing. Blocking; worker threads only. What git cannot
say is left open, and then no rule says anything of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from obsd.errors import ObsdError
from obsd.facts import UNKNOWN_AGENT
from obsd.git import figures, layout, state
from obsd.git.layout import Layout
from obsd.git.repository import Repository
from obsd.ledger import CommitRow
from obsd.rules.rule import Commit, Need
from obsd.text import printable

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look at: `commits` that are new, `amended` ones as they were recorded, and what rules need."""

    path: str
    commits: Sequence[CommitRow] = ()
    amended: Sequence[CommitRow] = ()
    needs: frozenset[Need] = frozenset()
    want_paths: bool = True


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found; `uncommitted` and `upstream` are None where git could not say, or was not asked."""

    commits: Sequence[Commit] = ()
    uncommitted: frozenset[str] | None = None
    upstream: state.Upstream | None = None


def survey(asked: Asked) -> Survey:
    """Look at a workspace; a folder without git has nothing uncommitted and no upstream."""
    where = layout.find(asked.path)
    if where is None:
        plain = tuple(_commit(row) for row in asked.commits)
        return Survey(plain, frozenset(), state.Upstream())
    return Survey(
        _commits(where, asked),
        _tried(where, state.uncommitted) if "status" in asked.needs else None,
        _tried(where, state.upstream) if "upstream" in asked.needs else None,
    )


def _commits(where: Layout, asked: Asked) -> tuple[Commit, ...]:
    if not asked.commits and not asked.amended:
        return ()
    repository = Repository(where)
    by_agent = any(row.agent != UNKNOWN_AGENT for row in asked.commits)
    default = _tried(where, state.default_branch) if by_agent else None
    found = [_commit(row, default or "") for row in asked.commits]
    found += [commit for row in asked.amended if (commit := _amended(repository, row)) is not None]
    return tuple(_with_paths(repository, commit) if asked.want_paths else commit for commit in found)


def _commit(row: CommitRow, default_branch: str = "") -> Commit:
    return Commit(
        commit_id=row.commit_id,
        subject=row.subject,
        kind=row.kind,
        branch=row.branch,
        agent=row.agent,
        lines=row.lines_added + row.lines_removed,
        default_branch=default_branch,
    )


def _amended(repository: Repository, row: CommitRow) -> Commit | None:
    """What a commit became, by its own words and figures; nobody is known to have put it on its branch."""
    info = repository.find(row.rewritten_as)
    if info is None:
        return None
    try:
        measured = figures.measure(repository, info)
    except ObsdError:
        return None
    return replace(
        _commit(row),
        commit_id=info.id,
        subject=info.subject,
        agent=UNKNOWN_AGENT,
        lines=measured.lines_added + measured.lines_removed,
    )


def _with_paths(repository: Repository, commit: Commit) -> Commit:
    try:
        return replace(commit, paths=state.touched(repository, commit.commit_id))
    except ObsdError:
        return commit


def _tried(where: Layout, ask: Callable[[Layout], T]) -> T | None:
    try:
        return ask(where)
    except (ObsdError, OSError, ValueError) as error:
        log.info("%s: no rule is held against it now: %s", printable(str(where.worktree)), error)
        return None
