"""What a workflow rule is: its name, its setting, and a pure function that judges a commit or a workspace.

Owns the shapes that rules see and answer with. A rule reads nothing itself: what it needs of a repository is named in
`needs`, and read by whoever asks it. Any thread.
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
    """What a rule says: kept, or broken by a `subject` (a commit id or a path), with how in words.

    `again_at` is the Unix time at which time alone may change it.
    """

    kept: bool
    subject: str = ""
    detail: str = ""
    again_at: float | None = None


KEPT = Verdict(True)


def broken(subject: str, detail: str) -> Verdict:
    """The verdict on what breaks a rule."""
    return Verdict(False, subject, detail)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as rules see it. `paths` are those that it changed, `lines` those added and removed together.

    Of the paths, `same` have a content that was there before: they were renamed and no more. `amended`: it took the
    place of a commit that was made before.
    """

    commit_id: str
    subject: str
    kind: str
    branch: str
    agent: str
    lines: int
    paths: tuple[str, ...] = ()
    default_branch: str = ""
    same: frozenset[str] = frozenset()
    amended: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """A workspace at a moment (`now`, Unix seconds).

    `uncommitted` are the paths that differ from HEAD, None where that is not known. Of the running session: `changed`
    are its paths, `uncommitted_since` says since when those not committed yet are changed, `agents` who was at work.
    `behind` counts the commits of `upstream` that HEAD lacks, None where that is not known.
    """

    now: float
    uncommitted: Collection[str] | None = None
    changed: Collection[str] = ()
    uncommitted_since: Mapping[str, float] = field(default_factory=dict)
    agents: tuple[str, ...] = ()
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
    """Judges each commit as it is made; None: it has nothing to say of this one."""

    judge: Callable[[Commit, Any], Verdict | None]


@dataclass(frozen=True, slots=True)
class WorkspaceRule(Rule):
    """Judges a workspace; None: it cannot tell now."""

    judge: Callable[[Tree, Any], Verdict | None]
    needs: frozenset[Need] = frozenset()


def is_on(limit: Limit) -> bool:
    """Whether a limit leaves the rule on; 0 is a limit."""
    return limit is not False and limit != ()


def number(default: int) -> Kind:
    """The setting of a rule with a limit: a number, true for its default, false for off."""

    def read(value: object) -> Limit:
        if isinstance(value, bool):
            return default if value else False
        if not isinstance(value, (int, float)) or not 0 <= value <= 1e9:
            raise ValueError
        return value

    return Kind("a number from 0 to 1000000000, true or false", read)


def switch() -> Kind:
    """The setting of a rule that is on or off."""

    def read(value: object) -> Limit:
        if not isinstance(value, bool):
            raise ValueError
        return value

    return Kind("true or false", read)


def texts(*default: str) -> Kind:
    """The setting of a rule with a list: texts, true for its default, false for none."""

    def read(value: object) -> Limit:
        if isinstance(value, bool):
            return default if value else ()
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise ValueError
        return tuple(value)

    return Kind("a list of texts, true or false", read)
