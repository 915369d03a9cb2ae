"""`obsctl drain-spool [SPOOL]`: started by git hooks in the background, not by people.

It delivers hook reports to the daemon. It is silent and always exits with 0: a report that was not received stays in
the spool. The client is imported only if there is a report and a listening daemon. `obsd.git.spool` owns the folder,
and that only one drainer works at a time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obsd.client.commits import CommitCalls
    from obsd.git.hook_report import Report
    from obsd.v1.commit_pb2 import CommitReport

TIMEOUT_SECONDS = 30.0
MAX_BATCH_BYTES = 1 << 20
MAX_BATCH_REPORTS = 500
NICENESS = 5


def main(argv: Sequence[str]) -> int:
    """Drains the spool; returns 0."""
    try:
        _drain(Path(argv[0]).absolute() if argv else None)
    except BaseException:  # noqa: BLE001 - nobody is there to see it, and nothing is lost: the files stay
        return 0
    return 0


def _drain(given: Path | None) -> None:
    # The commit itself needs the cores that this would use.
    os.nice(NICENESS)
    spool = given or _own_spool()
    if not any(entry.name.isdigit() for entry in os.scandir(spool)):
        return
    # The working folder of a process cannot be unmounted, and makes it look as if somebody worked there.
    os.chdir("/")
    client = _client(spool)
    if client is None:
        return
    from obsd.git.spool import drain

    with client:
        drain(spool, lambda reports: send(client, reports))


def _own_spool() -> Path:
    from obsd.host import paths

    return paths.spool_dir()


def _client(spool: Path) -> CommitCalls | None:
    """Returns a client of the daemon that owns the spool, else of the one that the environment names, or None."""
    from obsd import api_socket
    from obsd.errors import ObsdError
    from obsd.host import paths

    for socket in (api_socket.published(spool), paths.socket_path()):
        if socket is None:
            continue
        try:
            api_socket.reach(socket)
        except ObsdError:
            continue
        from obsd.client.commits import CommitCalls

        return CommitCalls(socket, TIMEOUT_SECONDS)
    return None


def send(client: CommitCalls, reports: Sequence[Report]) -> list[bool]:
    """Delivers reports; returns for each whether it is done: counted, known, or refused for good."""
    from obsd.errors import InvalidRequest, NotFound

    finished: list[bool] = []
    for batch in _batches(reports):
        try:
            client.report_commits(batch)
        except (InvalidRequest, NotFound):
            # All were refused: sending them again does not help.
            pass
        finished.extend([True] * len(batch))
    return finished


def _batches(reports: Sequence[Report]) -> Iterator[list[CommitReport]]:
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
    """Returns the message of a report; text that is not UTF-8 is escaped."""
    from obsd import rpc_encoding
    from obsd.v1 import commit_pb2 as pb

    text = rpc_encoding.wire_path
    return pb.CommitReport(
        id=text(report.id),
        worktree=os.fsencode(report.worktree),
        git_dir=os.fsencode(report.git_dir),
        commit_id=text(report.commit_id),
        branch=text(report.branch),
        hook=text(report.hook),
        hook_argument=text(report.hook_argument),
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
