"""Facts of commits: made, rewritten, and how far a reflog was read. Part of the vocabulary (`obsd.facts`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

from obsd.facts import words
from obsd.facts.base import Fact

__all__ = [
    "KEPT_DAYS",
    "CommitMade",
    "CommitOrigins",
    "CommitRewritten",
    "CommittedFile",
    "LinesCommitted",
    "LinesKept",
    "LinesReplaced",
    "OriginLines",
    "ReflogRead",
    "Written",
]


@dataclass(frozen=True, slots=True)
class CommitMade(Fact):
    """A commit was made here (not fetched). The ledger counts each `commit_id` of a workspace once.

    Lines and files are those of `git show --first-parent -m -M --numstat`, None where objects for that are missing.
    `source` is `hook` or `reflog`; a commit of source `reflog` that no hook reported is a recovered one.
    """

    essential: ClassVar[bool] = True
    own_table: ClassVar[bool] = True

    commit_id: str
    branch: str
    author_name: str
    author_email: str
    subject: str
    kind: words.CommitKind
    agent: str
    evidence: words.Evidence
    lines_added: int | None
    lines_removed: int | None
    files_changed: int | None
    committed_at: float
    source: Literal["hook", "reflog"]


@dataclass(frozen=True, slots=True)
class CommitRewritten(Fact):
    """An amend or a rebase gave a commit a new id: no new commit. `melded_ids` went into it (a squash).

    The rest is how it is now, as in `CommitMade`; `committed_at` is 0 where only its id is known. `grown_added` and
    `grown_removed` are the lines by which an amend made it larger."""

    essential: ClassVar[bool] = True
    own_table: ClassVar[bool] = True

    operation: words.Rewrite
    old_id: str
    new_id: str
    melded_ids: tuple[str, ...] = ()
    branch: str = ""
    author_name: str = ""
    author_email: str = ""
    subject: str = ""
    agent: str = words.UNKNOWN_AGENT
    evidence: words.Evidence = "none"
    lines_added: int | None = None
    lines_removed: int | None = None
    files_changed: int | None = None
    committed_at: float = 0.0
    grown_added: int = 0
    grown_removed: int = 0


class OriginLines(NamedTuple):
    """So many lines of one origin: `agent` is an author (an agent's id, `person`, `several`, `unknown`), `before` for
    lines that were there when the workspace was added, or `imported` for lines that git brought from elsewhere."""

    agent: str
    evidence: words.Evidence
    lines: int


@dataclass(frozen=True, slots=True)
class CommitOrigins(Fact):
    """Who wrote the lines that a commit adds; they sum to its `lines_added`, and follow it within seconds.

    `counted` are the lines by which the counters grow: those of `origins` for a new commit, what an amend added for an
    amended one."""

    essential: ClassVar[bool] = True
    own_table: ClassVar[bool] = True

    commit_id: str
    origins: tuple[OriginLines, ...]
    counted: tuple[OriginLines, ...]


class Written(NamedTuple):
    """Lines in a row of one author or class, as in `OriginLines`; `start` lines are above them."""

    start: int
    lines: int
    agent: str


class CommittedFile(NamedTuple):
    """The lines that a commit adds to a file; `content_id` is as in `FileChanged`."""

    path: str
    content_id: str
    lines: tuple[Written, ...]


KEPT_DAYS = (1, 7, 30, 90)
"""After so many days it is measured what is kept of a commit's lines."""


@dataclass(frozen=True, slots=True)
class LinesKept(Fact):
    """What is kept, in the default branch, of the lines that were committed some days ago, within 24 hours.

    `lines` has for each age and author: days, the author or class as in `OriginLines`, lines that the commits added,
    and how many of them are still there.
    """

    essential: ClassVar[bool] = True

    lines: tuple[tuple[int, str, int, int], ...]


@dataclass(frozen=True, slots=True)
class LinesCommitted(Fact):
    """Lines that these changes wrote are in a commit; recorded with its `CommitOrigins`. `files` has all its lines."""

    recorded: ClassVar[bool] = False
    essential: ClassVar[bool] = True

    commit_id: str
    changes: tuple[int, ...]
    files: tuple[CommittedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class LinesReplaced(Fact):
    """A change took lines away that were written here and not committed; `at` is the time of the change.

    `overridden` and `thrashed` have lines by their author: replaced by somebody else, and by the author itself. What is
    not known of one of both is overridden, of the author `unknown`. `reported` has those of the same lines whose author
    an editor's report proves, whoever replaced them.
    """

    recorded: ClassVar[bool] = False
    essential: ClassVar[bool] = True

    change: int
    overridden: tuple[tuple[str, int], ...] = ()
    thrashed: tuple[tuple[str, int], ...] = ()
    reported: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ReflogRead(Fact):
    """How far a worktree's reflog has been read, written with the commits that were found in it. `head_id` is what
    HEAD named then, for it can move without an entry; empty where that was not known."""

    recorded: ClassVar[bool] = False
    essential: ClassVar[bool] = True

    log: str
    inode: int
    offset: int
    last_id: str
    head_id: str = ""
