"""`obsctl drain-spool [SPOOL]`: started by git hooks in the background, not by people.

It delivers hook reports to the daemon, or to a daemon elsewhere where the spool has a `remote.toml`. It is silent and
always exits with 0: a report that was not received stays in the spool. The client is imported only if there is a report
and a listening daemon. `obsd.git.spool` owns the folder, and that only one drainer works at a time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obsd.client.commits import CommitCalls
    from obsd.git.hook_report import Report

TIMEOUT_SECONDS = 30.0
NICENESS = 5
REMOTE = "remote.toml"


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
    from obsd.git.spool import drain

    if (spool / REMOTE).is_file():
        from obsctl import remote_reports

        remote_reports.deliver(spool, TIMEOUT_SECONDS)
        return
    client = _client(spool)
    if client is None:
        return
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
    from obsctl import report_messages
    from obsd.errors import InvalidRequest, NotFound

    finished: list[bool] = []
    for batch in report_messages.batches(reports):
        try:
            client.report_commits(batch)
        except (InvalidRequest, NotFound):
            # All were refused: sending them again does not help.
            pass
        finished.extend([True] * len(batch))
    return finished


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
