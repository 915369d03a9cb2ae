"""From the daemon's dataclasses to the messages of the API: text is escaped here, on its way out.

Pure functions. Long lists are converted on a worker thread, so nothing here may touch state of the loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING

from google.protobuf.struct_pb2 import ListValue, Struct, Value

from obsd import facts as vocabulary
from obsd import rpc_encoding
from obsd.authorship.facts import RecordsRead
from obsd.facts import Fact
from obsd.facts import telemetry as telemetry_facts
from obsd.facts.history import HistoryRead, PastSession
from obsd.facts.usage import VendorDayRead
from obsd.text import printable
from obsd.v1 import activity_pb2

if TYPE_CHECKING:
    from obsd.ledger import CommitRow, SessionRow, ViolationRow
    from obsd.ledger.rows import Share
    from obsd.rules.rule import Limit
    from obsd.rules.rule import Rule as RuleKind

MAX_SUBJECT_CHARACTERS = 200

_NO_NEWS = (vocabulary.TreeUpdated, telemetry_facts.TelemetryCounted, RecordsRead, HistoryRead, VendorDayRead)
"""What is remembered of a tree has no bound; nor has how far telemetry and records are read, and what was before."""

_WITHHELD = {kind.__name__ for kind in _NO_NEWS}

KINDS: dict[str, type[Fact]] = {kind.__name__: kind for kind in Fact.__subclasses__() if kind.__name__ not in _WITHHELD}
"""Facts that a stream can carry, by name."""

_NOT_STREAMED = ("at", "workspace", "edit")
"""Fields that an event has elsewhere, or that are of use to the ledger alone."""

NEWS = frozenset(name for name, kind in KINDS.items() if kind.recorded)
"""Facts that a stream carries unless it asks for others: those that the ledger keeps."""


def event(fact: Fact) -> activity_pb2.Event:
    """A fact as the stream has it."""
    own = (field.name for field in fields(fact) if field.name not in _NOT_STREAMED)
    return activity_pb2.Event(
        at=rpc_encoding.timestamp(fact.at),
        workspace=printable(fact.workspace),
        kind=type(fact).__name__,
        fields=Struct(fields={name: value(getattr(fact, name)) for name in own}),
    )


def value(raw: object) -> Value:
    """A field's value for a Struct; text is escaped."""
    if raw is None:
        return Value(null_value=0)  # type: ignore[arg-type]
    if isinstance(raw, bool):
        return Value(bool_value=raw)
    if isinstance(raw, (int, float)):
        return Value(number_value=raw)
    if isinstance(raw, (tuple, list)):
        return Value(list_value=ListValue(values=[value(item) for item in raw]))
    return Value(string_value=printable(str(raw)))


def commit(row: CommitRow) -> activity_pb2.Commit:
    """A commit of the ledger."""
    return activity_pb2.Commit(
        id=row.commit_id,
        workspace=row.workspace,
        branch=printable(row.branch),
        author=printable(row.author_name),
        subject=_cut(printable(row.subject)),
        kind=row.kind,
        agent=printable(row.agent),
        evidence=row.evidence,
        lines_added=row.lines_added,
        lines_removed=row.lines_removed,
        files_changed=row.files_changed,
        committed_at=rpc_encoding.timestamp(row.committed_at),
        source=row.source,
        earlier_ids=row.earlier_ids,
        classified=row.origins is not None,
        origins=[
            activity_pb2.OriginLines(agent=printable(agent), evidence=evidence, lines=lines)
            for agent, evidence, lines in row.origins or ()
        ],
    )


def commits(rows: Iterable[CommitRow], past: Iterable[CommitRow]) -> activity_pb2.ListCommitsResponse:
    """Commits in the order of `rows`, and those from before the workspaces were watched."""
    return activity_pb2.ListCommitsResponse(commits=map(commit, rows), history=map(commit, past))


def session(row: SessionRow, agent_likelihood: float | None = None) -> activity_pb2.Session:
    """A session of the ledger."""
    message = activity_pb2.Session(
        id=row.session_id,
        workspace=row.workspace,
        started_at=rpc_encoding.timestamp(row.started_at),
        duration_seconds=row.duration_seconds,
        agents=[activity_pb2.AgentEvidence(agent=printable(a), evidence=e) for a, e in row.agents],
        changes=row.changes,
        files=row.files,
        lines_added=row.lines_added,
        lines_removed=row.lines_removed,
        commits=row.commits,
        violations=row.violations,
        authors=[share(one) for one in row.authors],
        present=[printable(agent) for agent in row.present],
    )
    if row.first_commit_seconds is not None:
        message.first_commit_seconds = row.first_commit_seconds
    if agent_likelihood is not None:
        message.agent_likelihood = agent_likelihood
    if row.ended_at is not None:
        message.ended_at.CopyFrom(rpc_encoding.timestamp(row.ended_at))
    return message


def share(row: Share) -> activity_pb2.AuthorShare:
    """What an author wrote."""
    return activity_pb2.AuthorShare(
        author=printable(row.author),
        changes=row.changes,
        lines_added=row.lines_added,
        lines_removed=row.lines_removed,
    )


def sessions(
    rows: Iterable[SessionRow], likelihoods: Mapping[str, float], past: Iterable[tuple[str, PastSession]]
) -> activity_pb2.ListSessionsResponse:
    """Sessions in the order of `rows`; `likelihoods` by session id, of an agent where none is known."""
    found = [session(row, likelihoods.get(row.session_id)) for row in rows]
    history = [
        activity_pb2.PastSession(
            workspace=workspace,
            agent=one.agent,
            session=printable(one.session),
            model=printable(one.model),
            first_at=rpc_encoding.timestamp(one.first_at),
            last_at=rpc_encoding.timestamp(one.last_at),
            writes=one.writes,
            files=one.files,
            lines_added=one.lines_added,
            lines_removed=one.lines_removed,
        )
        for workspace, one in past
    ]
    return activity_pb2.ListSessionsResponse(sessions=found, history=history)


def violation(row: ViolationRow) -> activity_pb2.Violation:
    """A violation of the ledger."""
    return activity_pb2.Violation(
        workspace=row.workspace,
        rule=row.rule,
        at=rpc_encoding.timestamp(row.at),
        subject=printable(row.subject),
        detail=printable(row.detail),
    )


def violations(rows: Iterable[ViolationRow]) -> activity_pb2.ListViolationsResponse:
    """Violations in the order of `rows`."""
    return activity_pb2.ListViolationsResponse(violations=[violation(row) for row in rows])


def rule(workspace: str, about: RuleKind, limit: Limit, state: str, last: ViolationRow | None) -> activity_pb2.Rule:
    """Returns the present state of a rule in a workspace."""
    message = activity_pb2.Rule(
        workspace=workspace,
        rule=about.name,
        about=about.about,
        limit=value(False if limit == () else limit),
        state=state,
    )
    if last is not None:
        message.last_violation.CopyFrom(violation(last))
    return message


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SUBJECT_CHARACTERS else text[: MAX_SUBJECT_CHARACTERS - 1] + "…"
