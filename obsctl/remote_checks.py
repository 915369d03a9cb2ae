"""What `obsctl doctor` says in a container, or on a machine, whose hooks report to an obsd elsewhere (docs/remote.md).

Nothing is said where no reporter is set up. The daemon is sent a request without a report: it refuses that, and so it
was reached, and took the certificate; nothing is counted by it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from obsctl.checks import Finding
from obsd import amounts
from obsd.errors import InvalidRequest, ObsdError
from obsd.git import spool as spools
from obsd.small_files import read_small
from obsd.text import printable

REPORTER: Final = Path("/etc/obsd/reporter")
NAME: Final = "reporter"
_TIMEOUT_SECONDS: Final = 10.0
_MAX_BYTES: Final = 8192


def of_reporter(reporter: Path = REPORTER) -> Iterator[Finding]:
    """Findings on the reporter, its spool and the daemon that it reaches."""
    try:
        lines = os.fsdecode(read_small(reporter, _MAX_BYTES)).split("\n")
    except OSError:
        return
    spool, obsctl = Path(lines[0]), Path(lines[1] if len(lines) > 1 else "")
    if not os.access(spool, os.W_OK | os.X_OK):
        text = f"this user cannot write to the spool {printable(str(spool))}, so that hooks report nothing"
        yield Finding(NAME, "fail", text, "the dev container feature gives it to the option committer")
    elif not os.access(obsctl, os.X_OK):
        yield Finding(
            NAME, "fail", f"{printable(str(obsctl))} cannot be run", f"{reporter} names it in its second line"
        )
    else:
        yield _reached(spool)


def _reached(spool: Path) -> Finding:
    from obsd.client import remote
    from obsd.client.commits import CommitCalls

    try:
        place = remote.load(spool / remote.FILE_NAME)
        with CommitCalls(place, _TIMEOUT_SECONDS) as client, suppress(InvalidRequest):
            client.report_commits([])
    except ObsdError as error:
        return Finding(NAME, "fail", error.message, error.hint)
    except OSError as error:
        return Finding(NAME, "fail", f"remote.toml in {printable(str(spool))}: {error.strerror}", remote.HINT)
    waiting = spools.backlog(spool)
    where = f"hooks report to {printable(place.socket or place.address)}"
    if waiting:
        text = f"{where}, which answers; {amounts.count(waiting, 'report')} waiting: {_trouble(spool)}"
        return Finding(NAME, "warn", text, "the next commit sends them again, and so does `obsctl drain-spool SPOOL`")
    return Finding(NAME, "ok", f"{where}, which answers")


def _trouble(spool: Path) -> str:
    try:
        return printable(read_small(spool / "trouble", _MAX_BYTES).decode("utf-8", "replace").strip())
    except OSError:
        return "nothing was delivered yet"
