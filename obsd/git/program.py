"""The git program, for what libgit2 cannot do: a clean environment, a timeout, and nothing of the repository's runs.

Owns how git is started. Blocking: worker threads only. Hooks, fsmonitor, external diffs, text conversion, the
credential helpers and lazy fetches of a watched repository stay off, whatever its configuration says.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from obsd.errors import ObsdError, TimedOut, Unavailable

TIMEOUT_SECONDS = 60.0

_SAFE = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.alternateRefsCommand=",
    "credential.helper=",
    "protocol.allow=never",
    "safe.directory=*",
    "gc.auto=0",
)


class GitFailed(ObsdError):
    """git ended with an error; `stderr` has its first lines."""

    def __init__(self, command: str, returncode: int, stderr: str) -> None:
        first = stderr.strip().splitlines()[:1]
        super().__init__("git_failed", f"git {command} ended with {returncode}: {''.join(first)[:300]}")
        self.returncode = returncode
        self.stderr = stderr


def run(
    folder: Path,
    arguments: Sequence[str],
    *,
    stdin: bytes = b"",
    timeout_seconds: float = TIMEOUT_SECONDS,
    hooks_path: bool = False,
) -> bytes:
    """What git wrote to stdout. `hooks_path` leaves core.hooksPath as the user set it (only for asking what it is).

    Raises GitFailed, TimedOut (`git_timeout`), Unavailable (`git_missing`).
    """
    safe = [item for item in _SAFE if not (hooks_path and item.startswith("core.hooksPath"))]
    options = [part for item in safe for part in ("-c", item)]
    command = ["git", "--no-pager", "--no-optional-locks", "-C", os.fspath(folder), *options, *arguments]
    try:
        done = subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            timeout=timeout_seconds,
            env=clean_environment(),
            check=False,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise Unavailable("git_missing", "the git program is not there", "install git") from error
    except subprocess.TimeoutExpired as error:
        raise TimedOut("git_timeout", f"git {arguments[0]} took over {timeout_seconds:g} s") from error
    if done.returncode != 0:
        raise GitFailed(arguments[0], done.returncode, done.stderr.decode("utf-8", "replace"))
    return done.stdout


def clean_environment() -> dict[str, str]:
    """The environment without GIT_*: it names other repositories, or carries settings that run something."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "SSH_ASKPASS"))}
    return kept | {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }
