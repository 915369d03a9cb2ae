"""A probe of the way that a report takes: obsd's own hook script, the spool, the reporter, the daemon.

Owns running that script, and nothing else of the repository's: with `OBSD_PROBE` set it leaves a report that only asks
for an answer, and ends before an earlier hook would run. Blocking; for obsctl, as the user whose commits are meant.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from obsd.errors import ObsdError
from obsd.git import program, spool
from obsd.git.hook_paths import find_place, script_of
from obsd.git.hook_report import HOOKS, PREPARE, PROBE
from obsd.text import printable

TIMEOUT_SECONDS = 10.0
_SCRIPT_SECONDS = 5.0
_POLL_SECONDS = 0.02
_TRIES = 3


def probe(worktree: Path, spool_folder: Path, timeout_seconds: float = TIMEOUT_SECONDS) -> str:
    """Sends a report the way that a commit's goes. What went wrong, in words; empty when the daemon took it."""
    try:
        place = find_place(worktree)
    except ObsdError as error:
        return error.message
    script = next((found for hook in (*HOOKS, PREPARE) if (found := script_of(place, hook)) is not None), None)
    if script is None:
        return "no script of obsd's is installed"
    token = f"{os.getpid()}-{time.monotonic_ns()}"
    try:
        seen = any(_leaves_report(script, worktree, spool_folder, token) for _ in range(_TRIES))
    except (OSError, subprocess.SubprocessError) as error:
        return f"the hook's script does not run: {error}"
    if not seen:
        return f"the hook's script left no report in {printable(str(spool_folder))}"
    return _outcome(spool_folder, token, timeout_seconds)


def _leaves_report(script: Path, worktree: Path, folder: Path, token: str) -> bool:
    """Runs the script; whether its report was there to be seen. A reporter at work may be quicker: try again."""
    subprocess.run(
        ["/bin/sh", os.fspath(script), token],
        cwd=worktree,
        env=program.clean_environment() | {"OBSD_PROBE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=_SCRIPT_SECONDS,
        check=True,
    )
    return _waits(folder, token)


def _outcome(folder: Path, token: str, timeout_seconds: float) -> str:
    """A report leaves the spool when the daemon has answered."""
    end = time.monotonic() + timeout_seconds
    while _waits(folder, token):
        if time.monotonic() > end:
            return f"the report waits in {printable(str(folder))}: no reporter handed it over"
        time.sleep(_POLL_SECONDS)
    return ""


def _waits(folder: Path, token: str) -> bool:
    reports = (item.report for item in spool.read(folder))
    return any(one.hook == PROBE and one.hook_argument == token for one in reports)
