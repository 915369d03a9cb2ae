"""Workflow rules: a name, a setting, and a pure function that evaluates a commit or a workspace.

Owns the types that rules take and return. A rule reads nothing itself: `needs` names what it needs of a repository, and
the caller reads that. Any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from obsd.config_fields import Kind

Limit = int | float | bool | tuple[str, ...]
"""A rule's setting; False and () turn it off."""

Need = Literal["status", "upstream"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a rule: satisfied (`kept`), or broken by a `subject` (a commit id or a path), with the `detail`.

    `again_at` is the Unix time at which the verdict may change without another change.
    """

    kept: bool
    subject: str = ""
    detail: str = ""
    again_at: float | None = None


KEPT = Verdict(True)


def broken(subject: str, detail: str) -> Verdict:
    """Returns the verdict that a rule is broken."""
    return Verdict(False, subject, detail)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as rules see it. `paths` are those that it changed, `lines` those added and removed together.

    `agent` made it, as `evidence` shows. Of the paths, `same` have an unchanged content: they were only renamed.
    `amended`: the commit replaced an earlier one.
    """

    commit_id: str
    subject: str
    kind: str
    branch: str
    agent: str
    lines: int
    evidence: str = "none"
    paths: tuple[str, ...] = ()
    default_branch: str = ""
    same: frozenset[str] = frozenset()
    amended: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """The state of a workspace at a time (`now`, Unix seconds).

    `uncommitted` are the paths that differ from HEAD, None where that is not known. Of the running session:
    `uncommitted_since` has the times of changes not committed yet, `by_agents` the paths that agents wrote to, in that
    order, with the agent (or `several`) and the evidence.
    `behind` counts the commits of `upstream` that HEAD lacks, None where that is not known.
    """

    now: float
    uncommitted: Collection[str] | None = None
    uncommitted_since: Mapping[str, float] = field(default_factory=dict)
    by_agents: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    behind: int | None = None
    upstream: str = ""
    upstream_id: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: `about` says when it is broken, `setting` reads its limit, `default` is the limit unless set."""

    name: str
    about: str
    setting: Kind
    default: Limit


@dataclass(frozen=True, slots=True)
class CommitRule(Rule):
    """Evaluates each new commit; None: the rule does not apply to it."""

    judge: Callable[[Commit, Any], Verdict | None]


@dataclass(frozen=True, slots=True)
class WorkspaceRule(Rule):
    """Evaluates the state of a workspace; None: not known at the moment."""

    judge: Callable[[Tree, Any], Verdict | None]
    needs: frozenset[Need] = frozenset()


def is_on(limit: Limit) -> bool:
    """Returns whether a limit leaves the rule on; 0 does."""
    return limit is not False and limit != ()


def number(default: int) -> Kind:
    """Returns the setting of a rule with a limit: a number, true for its default, false for off."""

    def read(value: object) -> Limit:
        if isinstance(value, bool):
            return default if value else False
        if not isinstance(value, (int, float)) or not 0 <= value <= 1e9:
            raise ValueError
        return value

    return Kind("a number from 0 to 1000000000, true or false", read)


def switch() -> Kind:
    """Returns the setting of a rule that is on or off."""

    def read(value: object) -> Limit:
        if not isinstance(value, bool):
            raise ValueError
        return value

    return Kind("true or false", read)


def texts(*default: str) -> Kind:
    """Returns the setting of a rule with a list: texts, true for its default, false for none."""

    def read(value: object) -> Limit:
        if isinstance(value, bool):
            return default if value else ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise ValueError
        return tuple(value)

    return Kind("a list of texts, true or false", read)
