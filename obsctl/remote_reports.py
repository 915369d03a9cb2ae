"""Reports of hooks to a daemon elsewhere: a container or another machine that shares the folder.

A report of a repository that the daemon does not know stays in the spool, unlike on the daemon's own machine: the
workspace may be added there, or its path be named here. What went wrong is in `trouble` beside the reports.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from obsctl import report_messages
from obsd.client import remote
from obsd.client.commits import CommitCalls
from obsd.errors import InvalidRequest, NotFound, ObsdError
from obsd.git import spool as spools

if TYPE_CHECKING:
    from obsd.client.remote import Remote
    from obsd.git.hook_report import Report

TROUBLE = "trouble"
KEPT_REASON = "unknown_repository"


def deliver(spool: Path, timeout_seconds: float) -> str:
    """Delivers what waits; returns what went wrong with some of it, or "". Never raises an ObsdError."""
    troubles: list[str] = []
    try:
        place = remote.load(spool / remote.FILE_NAME)
        with CommitCalls(place, timeout_seconds) as client:
            spools.drain(spool, lambda reports: _send(client, place, reports, troubles))
    except ObsdError as error:
        troubles.append(f"{error.message}; {error.hint}" if error.hint else error.message)
    trouble = troubles[-1] if troubles else ""
    _note(spool, trouble)
    return trouble


def _send(client: CommitCalls, place: Remote, reports: Sequence[Report], troubles: list[str]) -> list[bool]:
    there = [replace(one, worktree=place.there(one.worktree), git_dir=place.there(one.git_dir)) for one in reports]
    finished: list[bool] = []
    for batch in report_messages.batches(there):
        try:
            results = client.report_commits(batch)
        except (InvalidRequest, NotFound) as error:
            troubles.append(f"{error.message}; {error.hint}")
            finished.extend([error.reason != KEPT_REASON] * len(batch))
        else:
            refused = [one for one in results if one.reason == KEPT_REASON]
            troubles.extend(f"{one.message}; {one.hint}" for one in refused[:1])
            finished.extend(one.reason != KEPT_REASON for one in results)
    return finished


def _note(spool: Path, trouble: str) -> None:
    place = spool / TROUBLE
    with suppress(OSError):
        if not trouble:
            place.unlink(missing_ok=True)
            return
        with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
            file.write(f"{trouble}\n")
