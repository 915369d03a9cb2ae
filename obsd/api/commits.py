"""CommitService: what hooks report, checked field by field before the tracker sees it.

A report with a field that is too long or not of its form is refused by itself; the others of the request go on. On
the event loop.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

from obsd import wire
from obsd.api.limits import check_text
from obsd.api.port import DaemonPort
from obsd.commits import Report, ReportOutcome
from obsd.errors import InvalidRequest, LimitReached, NotFound, ObsdError
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
_HOOKS = frozenset({"post-commit", "post-merge", "post-rewrite", "post-applypatch", "probe"})


class CommitService(commit_pb2_grpc.CommitServiceServicer):
    """Takes reports for one daemon."""

    def __init__(self, daemon: DaemonPort) -> None:
        self._daemon = daemon

    async def ReportCommits(self, request: pb.ReportCommitsRequest, context: Any) -> pb.ReportCommitsResponse:  # noqa: N802
        """Returns when all that was accepted is durable."""
        _check_count(len(request.reports))
        checked = [_checked(report) for report in request.reports]
        good = [report for report in checked if not isinstance(report, ObsdError)]
        outcomes = iter(await self._daemon.commits.report(good) if good else ())
        results = [
            _refused(sent.id, report) if isinstance(report, ObsdError) else _result(sent.id, next(outcomes))
            for sent, report in zip(request.reports, checked, strict=True)
        ]
        _raise_when_all_refused(results)
        return pb.ReportCommitsResponse(results=results)
