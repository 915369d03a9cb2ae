"""The git state that rules need: commits with their paths, and the present working tree.

Owns which queries are made, so that a rule that is off costs nothing. Blocking; worker threads only. What git cannot
answer is unknown, and then rules about it are not evaluated.
"""

from __future__ import annotations

import logging
import resource
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from obsd.errors import ObsdError
from obsd.facts import UNKNOWN_AGENT, CommitMade, is_agent
from obsd.git import layout, numstat, status
from obsd.git.layout import DETACHED, Layout
from obsd.git.repository import Repository
from obsd.rules.rule import Commit, Need
from obsd.text import printable

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GitState:
    """What git has of a working tree; None where git could not say, or was not asked.

    `status_seconds` is the processor time that `git status` took.
    """

    uncommitted: frozenset[str] | None = None
    upstream: status.Upstream | None = None
    status_seconds: float = 0.0


def read_git_state(path: str, needs: frozenset[Need]) -> GitState:
    """Reads a workspace's state; a folder without git has nothing uncommitted and no upstream."""
    where = layout.find(path)
    if where is None:
        return GitState(frozenset(), status.Upstream())
    before = _ended_seconds()
    uncommitted = _tried(where, status.uncommitted) if "status" in needs else None
    took = _ended_seconds() - before
    return GitState(uncommitted, _tried(where, status.upstream) if "upstream" in needs else None, took)


def commits(path: str, made: Sequence[CommitMade], amended: Iterable[str], want_paths: bool) -> list[Commit]:
    """Commits as rules see them: those that were made, then what others were amended to (by their new ids)."""
    where = layout.find(path)
    if where is None:
        return []
    repository = Repository(where)
    by_agent = any(is_agent(fact.agent) for fact in made)
    default = _tried(where, status.default_branch) if by_agent else None
    found = [_made(fact, default or "") for fact in made]
    became = (_amended(repository, new_id) for new_id in amended)
    found += [replace(commit, amended=True) for commit in became if commit is not None]
    return [_with_paths(repository, commit) for commit in found] if want_paths else found


def _ended_seconds() -> float:
    """The processor time of all processes that this one started and that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def _made(fact: CommitMade, default_branch: str) -> Commit:
    return Commit(
        commit_id=fact.commit_id,
        subject=fact.subject,
        kind=fact.kind,
        branch=fact.branch,
        agent=fact.agent,
        evidence=fact.evidence,
        lines=(fact.lines_added or 0) + (fact.lines_removed or 0),
        default_branch=default_branch,
    )


def _amended(repository: Repository, commit_id: str) -> Commit | None:
    """What a commit became, by its own words and figures; nobody is known to have put it on its branch."""
    info = repository.find(commit_id)
    if info is None:
        return None
    try:
        measured = numstat.measure(repository, info)
    except ObsdError:
        return None
    kind = "merge" if len(info.parents) > 1 else "commit"
    lines = (measured.lines_added or 0) + (measured.lines_removed or 0)
    return Commit(info.id, info.subject, kind, DETACHED, UNKNOWN_AGENT, lines)


def _with_paths(repository: Repository, commit: Commit) -> Commit:
    try:
        touched = status.contents(repository, commit.commit_id)
    except ObsdError:
        return commit
    return replace(commit, paths=touched.paths, same=touched.same)


def _tried(where: Layout, ask: Callable[[Layout], T]) -> T | None:
    try:
        return ask(where)
    except (ObsdError, OSError, ValueError) as error:
        log.info("%s: its rules are not evaluated now: %s", printable(str(where.worktree)), error)
        return None
