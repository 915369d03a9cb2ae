"""The facts of the time before obsd watched: what git's log and agents' own records say of it.

In no counter and no sum: nobody saw it. Frozen data, any thread; imports nothing but the vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from obsd.facts import words
from obsd.facts.base import Fact


@dataclass(frozen=True, slots=True)
class PastCommit:
    """A commit that git's log has; it may have been made elsewhere. Lines and files are None where not known."""

    commit_id: str
    author_name: str
    author_email: str
    subject: str
    kind: words.CommitKind
    agent: str
    evidence: words.Evidence
    committed_at: float
    lines_added: int | None = None
    lines_removed: int | None = None
    files_changed: int | None = None


@dataclass(frozen=True, slots=True)
class PastSession:
    """A session of an agent that wrote in a workspace, by its own records.

    `writes` are edits of files, of which there were `files`; lines are those that the records tell.
    """

    agent: str
    session: str
    first_at: float
    last_at: float
    writes: int
    files: int
    lines_added: int
    lines_removed: int
    model: str = ""


@dataclass(frozen=True, slots=True)
class HistoryRead(Fact):
    """What is known of a workspace from before it was watched; what is there already is replaced."""

    recorded: ClassVar[bool] = False

    commits: tuple[PastCommit, ...] = ()
    sessions: tuple[PastSession, ...] = ()
