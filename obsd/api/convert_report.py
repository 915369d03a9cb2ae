"""Converts a report's rows to messages of the API, and escapes text.

Pure functions, run on a worker thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from obsd import rpc_encoding
from obsd.agents.table import extensions
from obsd.analysis.report import (
    AgentShare,
    AuthorSums,
    CommittedSums,
    Report,
    ReportedSums,
    SuggestionSums,
    Sums,
    WorkspaceShare,
)
from obsd.authorship.shares import agents_share, floor_and_ceiling
from obsd.facts import BEFORE, IMPORTED
from obsd.text import printable
from obsd.v1 import activity_pb2
from obsd.v1 import report_pb2 as pb


def report(rows: Report) -> pb.Report:
    """Returns the message of a whole report."""
    scope = rows.scope
    message = pb.Report(
        since=rpc_encoding.timestamp(scope.since),
        until=rpc_encoding.timestamp(scope.until),
        workspace=scope.workspace,
        agent=printable(scope.agent),
        changes=_total(rows),
        files_changed=rows.files_changed,
        sessions=sum(share.sessions for share in rows.workspaces),
        session_seconds=sum(share.session_seconds for share in rows.workspaces),
        commits=sum(share.commits for share in rows.workspaces),
        violations=sum(share.violations for share in rows.workspaces),
        anomalies_count=sum(share.anomalies for share in rows.workspaces),
        workspaces=[_workspace(share) for share in rows.workspaces],
        agents=[_agent(share) for share in rows.agents],
        shares=[_written(rows, one) for one in rows.authors if scope.agent in ("", one.author)],
        committed=committed(rows.committed, scope.agent),
        agents_written=agents_part({one.author: one.lines_added for one in rows.authors}),
        agents_committed=agents_part({one.author: one.lines for one in rows.committed}),
        kept=[
            pb.KeptShare(agent=printable(one.author), days=one.days, committed=one.committed, kept=one.kept)
            for one in sorted(rows.kept, key=lambda one: (one.days, -one.committed, one.author))
            if scope.agent in ("", one.author)
        ],
        suggestions=[one for one in map(_suggested, rows.suggestions) if scope.agent in ("", one.agent)],
        reported=[_reported(one) for one in rows.reported if scope.agent in ("", one.author)],
        slot_seconds=scope.slot_seconds,
        rules=[pb.RuleShare(rule=printable(rule), violations=violations) for rule, violations in rows.rules],
        discards=[
            pb.DiscardShare(operation=printable(operation), files=files, lines=lines)
            for operation, (files, lines) in rows.discards.items()
        ],
    )
    if rows.first_record:
        message.first_record.CopyFrom(rpc_encoding.timestamp(rows.first_record))
    _add_lists(message, rows)
    return message


def committed(rows: Sequence[CommittedSums], only: str = "") -> list[activity_pb2.CommittedShare]:
    """Returns the lines of commits by author or class, with each author's part; of one alone where it is named."""
    lines = {one.author: one.lines for one in rows}
    return [_committed(one, lines) for one in rows if only in ("", one.author)]


def agents_part(lines: Mapping[str, int]) -> activity_pb2.PartOfLines | None:
    """Returns all agents' part of lines by author, None where there are no lines."""
    part = agents_share(lines)
    return None if part is None else activity_pb2.PartOfLines(floor=part[0], ceiling=part[1])


def _committed(one: CommittedSums, lines: Mapping[str, int]) -> activity_pb2.CommittedShare:
    part = None if one.author in (BEFORE, IMPORTED) else floor_and_ceiling(lines, one.author)
    floor, ceiling = part or (None, None)
    return activity_pb2.CommittedShare(
        agent=printable(one.author),
        lines=one.lines,
        evidence=one.evidence,
        floor=floor,
        ceiling=ceiling,
        all_lines=sum(lines.values()),
    )


def _add_lists(message: pb.Report, rows: Report) -> None:
    for file in rows.files:
        message.files.add(**asdict(file) | {"path": printable(file.path)})
    for kind in rows.file_types:
        message.file_types.add(**asdict(kind) | {"file_type": printable(kind.file_type)})
    for slot in rows.slots:
        message.slots.add(**asdict(slot) | {"at": rpc_encoding.timestamp(slot.at)})
    for past in rows.history:
        message.history.add(**asdict(past) | {"agent": printable(past.agent)})
    for anomaly in rows.anomalies:
        message.anomalies.add(**asdict(anomaly) | {"at": rpc_encoding.timestamp(anomaly.at)})


def _total(rows: Report) -> pb.ChangeSums:
    total = pb.ChangeSums()
    for share in rows.workspaces:
        for name, number in asdict(share.sums).items():
            setattr(total, name, getattr(total, name) + number)
    return total


def _workspace(share: WorkspaceShare) -> pb.WorkspaceShare:
    return pb.WorkspaceShare(
        name=share.name,
        changes=_sums(share.sums),
        sessions=share.sessions,
        session_seconds=share.session_seconds,
        commits=share.commits,
        violations=share.violations,
        anomalies=share.anomalies,
    )


def _sums(sums: Sums) -> pb.ChangeSums:
    return pb.ChangeSums(**asdict(sums))


def _agent(share: AgentShare) -> pb.AgentShare:
    return pb.AgentShare(**asdict(share) | {"agent": printable(share.agent)})


def _suggested(one: SuggestionSums) -> pb.SuggestionShare:
    return pb.SuggestionShare(
        provider=printable(one.provider),
        agent=extensions().get(one.provider, ""),
        accepted=one.suggestions.get("accepted", 0),
        accepted_lines=one.lines.get("accepted", 0),
        undone=one.suggestions.get("undone", 0),
        undone_lines=one.lines.get("undone", 0),
        # Nobody but the provider itself knows these two: without a report, there is no number.
        shown=one.suggestions.get("shown"),
        rejected=one.suggestions.get("rejected"),
    )


def _reported(one: ReportedSums) -> pb.ReportedShare:
    return pb.ReportedShare(
        agent=printable(one.author), written=one.written, committed=one.committed, replaced=one.replaced
    )


def _written(rows: Report, one: AuthorSums) -> pb.WrittenShare:
    lines = {each.author: each.lines_added for each in rows.authors}
    floor, ceiling = floor_and_ceiling(lines, one.author) or (None, None)
    return pb.WrittenShare(
        agent=printable(one.author),
        changes=one.changes,
        lines_added=one.lines_added,
        lines_removed=one.lines_removed,
        evidence=one.evidence,
        floor=floor,
        ceiling=ceiling,
        all_lines_added=sum(lines.values()),
        overridden=one.overridden,
        thrashed=one.thrashed,
    )
