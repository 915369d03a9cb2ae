"""What the ledger answers with: one frozen dataclass a kind of row. Times are Unix seconds. Any thread."""

from __future__ import annotations

from dataclasses import dataclass

from obsd.facts import UNKNOWN_AGENT, Evidence, OriginLines


@dataclass(frozen=True, slots=True)
class CommitRow:
    """A commit as it is now; `earlier_ids` are those that it had before amends and rebases, oldest first.

    Lines and files are None where they are not known. `origins` has who wrote its added lines, the most first; None
    until that is known.
    """

    workspace: str
    commit_id: str
    branch: str
    author_name: str
    author_email: str
    subject: str
    kind: str
    agent: str
    evidence: Evidence
    lines_added: int | None
    lines_removed: int | None
    files_changed: int | None
    committed_at: float
    recorded_at: float
    source: str
    earlier_ids: tuple[str, ...] = ()
    origins: tuple[OriginLines, ...] | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What an author (an agent, `person`, `several`, `unknown`) wrote: changes, and the lines of measured ones."""

    author: str
    changes: int
    lines_added: int
    lines_removed: int


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session: `ended_at` is None while it runs, and `duration_seconds` then goes to the moment of the query.

    `agents` are (agent, evidence) of those that wrote or committed, in the order in which they were seen; `authors` has
    what each author wrote, people and unknown ones too; `present` are agents that were only seen.
    `first_commit_seconds` is the time from its start to its first commit, None while there is none.
    """

    session_id: str
    workspace: str
    started_at: float
    ended_at: float | None
    last_at: float
    duration_seconds: float
    agents: tuple[tuple[str, str], ...]
    changes: int
    files: int
    lines_added: int
    lines_removed: int
    commits: int
    violations: int
    first_commit_seconds: float | None = None
    authors: tuple[Share, ...] = ()
    present: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that was changed in a session, and what each author wrote in it."""

    path: str
    authors: tuple[Share, ...]

    @property
    def changes(self) -> int:
        """How often it was changed."""
        return sum(one.changes for one in self.authors)

    @property
    def lines_added(self) -> int:
        """Lines added by measured changes."""
        return sum(one.lines_added for one in self.authors)

    @property
    def lines_removed(self) -> int:
        """Lines removed by measured changes."""
        return sum(one.lines_removed for one in self.authors)


def authors_of(row: SessionRow) -> list[str]:
    """Returns who wrote or committed in a session; `unknown` alone where nobody is known."""
    authors = (*(agent for agent, _ in row.agents), *(one.author for one in row.authors))
    return list(dict.fromkeys(authors)) or [UNKNOWN_AGENT]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A file's change; lines are None where they could not be measured.

    `agent` and `evidence` are None while the change waits for its author.
    """

    change: int
    at: float
    workspace: str
    path: str
    operation: str
    file_type: str
    lines_added: int | None
    lines_removed: int | None
    unmeasured: str
    previous_path: str
    agent: str | None = None
    evidence: str | None = None
    session: str = ""
    program: str = ""


@dataclass(frozen=True, slots=True)
class ViolationRow:
    """A rule that was kept was broken; `subject` is a commit id or a path."""

    at: float
    workspace: str
    rule: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """Any other fact that is kept: its name, and its fields as they were."""

    at: float
    workspace: str
    kind: str
    fields: dict[str, object]
