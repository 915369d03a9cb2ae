"""The fixed words that facts are made of. Nothing but the standard library is imported. Any thread."""

from __future__ import annotations

from typing import Literal, get_args

Operation = Literal["created", "modified", "deleted", "renamed"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)

Unmeasured = Literal["", "binary", "too_large", "no_baseline", "unreadable"]
UNMEASURED: tuple[Unmeasured, ...] = ("binary", "too_large", "no_baseline", "unreadable")

RescanReason = Literal["start", "overflow", "unknown_watch", "restart", "suspend", "polling", "root_changed", "rules"]
RESCAN_REASONS: tuple[RescanReason, ...] = get_args(RescanReason)

GitOperation = Literal[
    "checkout", "merge", "rebase", "reset", "stash", "pull", "cherry-pick", "revert", "am", "restore", "clean", "other"
]
GIT_OPERATIONS: tuple[GitOperation, ...] = get_args(GitOperation)

DiscardOperation = Literal["restore", "reset", "checkout", "clean", "stash"]
DISCARD_OPERATIONS: tuple[DiscardOperation, ...] = get_args(DiscardOperation)

CommitKind = Literal["commit", "merge", "cherry-pick", "revert", "am", "unknown"]
COMMIT_KINDS: tuple[CommitKind, ...] = get_args(CommitKind)

Rewrite = Literal["amend", "rebase"]
REWRITES: tuple[Rewrite, ...] = get_args(Rewrite)

Evidence = Literal["environment", "writer", "record", "editor", "telemetry", "note", "trailer", "author", "none"]
EVIDENCE: tuple[Evidence, ...] = get_args(Evidence)

AuthorSource = Literal["writers", "records", "editor", "telemetry"]
AUTHOR_SOURCES: tuple[AuthorSource, ...] = get_args(AuthorSource)

ReportResult = Literal["counted", "known", "refused"]
REPORT_RESULTS: tuple[ReportResult, ...] = get_args(ReportResult)

AnomalyKind = Literal["changes", "deletions", "lines", "files", "commit_size", "session_length"]
ANOMALY_KINDS: tuple[AnomalyKind, ...] = get_args(AnomalyKind)

WatchState = Literal["starting", "watching", "degraded", "failed"]

UNKNOWN_AGENT = "unknown"
PERSON = "person"
SEVERAL = "several"
BEFORE = "before"
IMPORTED = "imported"
"""Lines of a commit that nobody wrote here: they were there when the workspace was added, or git brought them."""

NO_AGENTS = frozenset({PERSON, SEVERAL, UNKNOWN_AGENT, BEFORE, IMPORTED})
"""Who wrote a change or a line, or made a commit, where it is not an agent by its id."""


def is_agent(name: str) -> bool:
    """Whether the name of who wrote or committed is an agent's."""
    return name not in NO_AGENTS
