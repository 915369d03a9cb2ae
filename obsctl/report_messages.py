"""Reports of hooks as the messages of the API, in parts of a size that it takes. Owns what leaves this process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from obsd import rpc_encoding
from obsd.git.hook_report import Report
from obsd.host.namespaces import pid_namespace
from obsd.v1 import commit_pb2 as pb
from obsd.v1.commit_pb2 import CommitReport

MAX_BATCH_BYTES = 1 << 20
MAX_BATCH_REPORTS = 500


def batches(reports: Sequence[Report]) -> Iterator[list[CommitReport]]:
    """Yields the messages of reports in parts that one request takes."""
    batch: list[CommitReport] = []
    size = 0
    for report in reports:
        message = to_message(report)
        if batch and (size + message.ByteSize() > MAX_BATCH_BYTES or len(batch) >= MAX_BATCH_REPORTS):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += message.ByteSize()
    if batch:
        yield batch


def to_message(report: Report) -> CommitReport:
    """Returns the message of a report; text that is not UTF-8 is escaped. The hook ran in this process' namespace."""
    text = rpc_encoding.wire_path
    return pb.CommitReport(
        id=text(report.id),
        worktree=os.fsencode(report.worktree),
        git_dir=os.fsencode(report.git_dir),
        commit_id=text(report.commit_id),
        branch=text(report.branch),
        hook=text(report.hook),
        hook_argument=text(report.hook_argument),
        pid_namespace=pid_namespace(),
        reported_at=rpc_encoding.timestamp(report.reported_at),
        marks={text(name): text(value) for name, value in report.marks.items()},
        ancestors=[
            pb.ProcessInfo(
                pid=one.pid % (1 << 32),
                name=text(one.name),
                executable=text(one.executable),
                arguments=[text(argument) for argument in one.arguments],
            )
            for one in report.ancestors
        ],
    )
