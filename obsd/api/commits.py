"""CommitService: what hooks report, checked field by field before the tracker sees it.

A report with a field that is too long or not of its form is refused by itself; the others of the request go on. On
the event loop.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

from obsd import rpc_encoding
from obsd.api.daemon_protocol import DaemonPort
from obsd.api.field_limits import check_text
from obsd.api.report_places import ReportPlaces
from obsd.errors import InvalidRequest, LimitReached, NotFound, ObsdError
from obsd.git.hook_report import REPORTING, Process, Report, ReportOutcome
from obsd.host.namespaces import pid_namespace
from obsd.text import printable
from obsd.v1 import commit_pb2 as pb
from obsd.v1 import commit_pb2_grpc

MAX_REPORTS = 1000
MAX_ID_CHARACTERS = 128
MAX_PATH_BYTES = 4096
MAX_ARGUMENT_CHARACTERS = 64
MAX_BRANCH_CHARACTERS = 1024
MAX_MARKS = 64
MAX_MARK_CHARACTERS = 256
MAX_ANCESTORS = 32
MAX_PROCESS_ARGUMENTS = 64

REASON = "bad_report"

_OBJECT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_ABSENT = frozenset({"unknown_repository", "unknown_commit"})
_OUTCOMES = {
    "counted": pb.REPORT_OUTCOME_COUNTED,
    "known": pb.REPORT_OUTCOME_KNOWN,
    "refused": pb.REPORT_OUTCOME_REFUSED,
}


class CommitService(commit_pb2_grpc.CommitServiceServicer):
    """Takes reports for one daemon."""

    def __init__(self, daemon: DaemonPort) -> None:
        self._daemon = daemon
        self._places = ReportPlaces(daemon)

    async def ReportCommits(self, request: pb.ReportCommitsRequest, context: Any) -> pb.ReportCommitsResponse:  # noqa: N802
        """Returns when all that was accepted is durable."""
        _check_count(len(request.reports))
        checked = [_checked(report) for report in request.reports]
        good = [report for report in checked if not isinstance(report, ObsdError)]
        good = await self._places.placed(good)
        outcomes = iter(await self._daemon.commits.report(good) if good else ())
        results = [
            _refused(sent.id, report) if isinstance(report, ObsdError) else _result(sent.id, next(outcomes))
            for sent, report in zip(request.reports, checked, strict=True)
        ]
        _raise_when_all_refused(results)
        return pb.ReportCommitsResponse(results=results)


def _check_count(count: int) -> None:
    if count == 0:
        raise InvalidRequest("no_reports", "the request holds no report", "send 1 to 1,000 reports")
    if count > MAX_REPORTS:
        raise LimitReached(
            "too_many_reports",
            f"the request holds {count:,} reports; at most {MAX_REPORTS:,} are taken",
            "send them in several requests, oldest first",
        )


def _checked(message: pb.CommitReport) -> Report | InvalidRequest:
    try:
        _check_fields(message)
    except InvalidRequest as error:
        return error
    # Pids of another namespace are other processes here.
    own = message.pid_namespace in ("", pid_namespace())
    return Report(
        id=message.id,
        worktree=os.fsdecode(message.worktree),
        git_dir=os.fsdecode(message.git_dir),
        commit_id=message.commit_id,
        branch=message.branch,
        hook=message.hook,
        hook_argument=message.hook_argument,
        reported_at=rpc_encoding.unix_seconds(message.reported_at),
        marks=dict(message.marks),
        ancestors=tuple(
            Process(one.pid if own else 0, one.name, one.executable, tuple(one.arguments)) for one in message.ancestors
        ),
    )


def _check_fields(message: pb.CommitReport) -> None:
    check_text("id", message.id, MAX_ID_CHARACTERS, REASON)
    check_text("worktree", message.worktree, MAX_PATH_BYTES, REASON)
    check_text("git_dir", message.git_dir, MAX_PATH_BYTES, REASON)
    check_text("branch", message.branch, MAX_BRANCH_CHARACTERS, REASON)
    check_text("pid_namespace", message.pid_namespace, MAX_ARGUMENT_CHARACTERS, REASON)
    check_text("hook_argument", message.hook_argument, MAX_ARGUMENT_CHARACTERS, REASON)
    if not message.worktree.startswith(b"/"):
        raise _bad("worktree is not an absolute path")
    if message.commit_id and not _OBJECT_ID.fullmatch(message.commit_id):
        raise _bad("commit_id is not 40 or 64 hexadecimal digits in lower case")
    if message.hook not in REPORTING:
        raise _bad("hook is none of the hooks that report")
    _check_marks(message)
    _check_ancestors(message.ancestors)


def _check_marks(message: pb.CommitReport) -> None:
    if len(message.marks) > MAX_MARKS:
        raise _bad(f"there are {len(message.marks):,} marks; at most {MAX_MARKS} are taken")
    for name, value in message.marks.items():
        check_text("marks", name, MAX_MARK_CHARACTERS, REASON)
        check_text("marks", value, MAX_MARK_CHARACTERS, REASON)


def _check_ancestors(ancestors: Sequence[pb.ProcessInfo]) -> None:
    if len(ancestors) > MAX_ANCESTORS:
        raise _bad(f"there are {len(ancestors):,} ancestors; at most {MAX_ANCESTORS} are taken")
    for process in ancestors:
        check_text("ancestors.name", process.name, MAX_MARK_CHARACTERS, REASON)
        check_text("ancestors.executable", process.executable, MAX_PATH_BYTES, REASON)
        if len(process.arguments) > MAX_PROCESS_ARGUMENTS:
            raise _bad(f"a process has {len(process.arguments):,} arguments; at most {MAX_PROCESS_ARGUMENTS} are taken")
        for argument in process.arguments:
            check_text("ancestors.arguments", argument, MAX_PATH_BYTES, REASON)


def _bad(what: str) -> InvalidRequest:
    hint = "proto/obsd/v1/commit.proto says what a report holds"
    return InvalidRequest(REASON, f"a report cannot be used: {what}", hint)


def _result(report_id: str, outcome: ReportOutcome) -> pb.ReportResult:
    return pb.ReportResult(
        id=report_id,
        outcome=_OUTCOMES[outcome.result],
        reason=outcome.reason,
        message=printable(outcome.message),
        hint=printable(outcome.hint),
    )


def _refused(report_id: str, error: ObsdError) -> pb.ReportResult:
    return pb.ReportResult(
        id=report_id if len(report_id) <= MAX_ID_CHARACTERS else "",
        outcome=pb.REPORT_OUTCOME_REFUSED,
        reason=error.reason,
        message=printable(error.message),
        hint=printable(error.hint),
    )


def _raise_when_all_refused(results: Sequence[pb.ReportResult]) -> None:
    if any(result.outcome != pb.REPORT_OUTCOME_REFUSED for result in results):
        return
    first = results[0]
    kind = NotFound if first.reason in _ABSENT else InvalidRequest
    raise kind(first.reason, first.message, first.hint)
