"""Tests the way of a hook report: obsd's own hook script, the spool, the reporter, the daemon.

Owns running that script, and nothing else of the repository: with `OBSD_PROBE` set it writes a report that only asks
for an answer, and exits before an earlier hook would run. Blocking; for obsctl, as the user who commits.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from obsd.errors import ObsdError
from obsd.git import hook_everywhere, program, spool
from obsd.git.hook_paths import find_place, script_of
from obsd.git.hook_report import HOOKS, PREPARE, PROBE
from obsd.text import printable

TIMEOUT_SECONDS = 10.0
_SCRIPT_SECONDS = 5.0
_POLL_SECONDS = 0.02
_TRIES = 3


def probe(worktree: Path, spool_folder: Path, timeout_seconds: float = TIMEOUT_SECONDS) -> str:
    """Sends a test report; returns what went wrong, or "" when the daemon received it."""
    try:
        place = find_place(worktree)
    except ObsdError as error:
        return error.message
    script = next((found for hook in (*HOOKS, PREPARE) if (found := script_of(place, hook)) is not None), None)
    if script is not None:
        return _probe(["/bin/sh", os.fspath(script)], worktree, spool_folder, timeout_seconds)
    if HOOKS[0] in place.of_user:
        return probe_everywhere(worktree, spool_folder, timeout_seconds)
    return "no hook script of obsd is installed"


def probe_everywhere(worktree: Path, spool_folder: Path, timeout_seconds: float = TIMEOUT_SECONDS) -> str:
    """As `probe`, by the command that the user's git configuration has for every repository."""
    # This is how git starts it (`prepare_shell_cmd` in its run-command.c); the words are obsd's own, none is read.
    command = hook_everywhere.command(HOOKS[0], spool_folder)
    return _probe(["/bin/sh", "-c", f'{command} "$@"', "obsd"], worktree, spool_folder, timeout_seconds)


def _probe(command: Sequence[str], worktree: Path, spool_folder: Path, timeout_seconds: float) -> str:
    token = f"{os.getpid()}-{time.monotonic_ns()}"
    try:
        seen = any(_leaves_report(command, worktree, spool_folder, token) for _ in range(_TRIES))
    except (OSError, subprocess.SubprocessError) as error:
        return f"the hook script does not run: {error}"
    if not seen:
        return f"the hook script wrote no report to {printable(str(spool_folder))}"
    return _outcome(spool_folder, token, timeout_seconds)


def _leaves_report(command: Sequence[str], worktree: Path, folder: Path, token: str) -> bool:
    """Runs the script; returns whether its report was found. A running reporter may be quicker: try again."""
    subprocess.run(
        [*command, token],
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
    """Waits until the report has left the spool, which means that the daemon has answered."""
    end = time.monotonic() + timeout_seconds
    while _waits(folder, token):
        if time.monotonic() > end:
            return f"the report waits in {printable(str(folder))}: no reporter delivered it"
        time.sleep(_POLL_SECONDS)
    return ""


def _waits(folder: Path, token: str) -> bool:
    reports = (item.report for item in spool.read(folder))
    return any(one.hook == PROBE and one.hook_argument == token for one in reports)
