"""The git program, for what libgit2 cannot do: a clean environment, a timeout, and nothing of the repository's runs.

Owns how git is started, and the children that run now. Blocking: worker threads only. Hooks, fsmonitor, external
diffs, text conversion, the credential helpers and lazy fetches of a watched repository stay off, whatever its
configuration says.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from obsd.errors import ObsdError, TimedOut, Unavailable
from obsd.text import printable

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
    "maintenance.auto=false",
)


class GitFailed(ObsdError):
    """git ended with an error; `stderr` has what it said."""

    def __init__(self, command: str, returncode: int, stderr: str) -> None:
        first = stderr.strip().splitlines()[:1]
        text = f"git {command} ended with {returncode}: {printable(''.join(first)[:300])}"
        super().__init__("git_failed", text, "`git fsck` in the repository shows whether it is sound")
        self.returncode = returncode
        self.stderr = stderr


class _Children:
    """The running children, so that a daemon that stops does not wait for a long diff. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()

    def add(self, child: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._running.add(child)

    def discard(self, child: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._running.discard(child)

    def kill(self) -> None:
        with self._lock:
            for child in self._running:
                child.kill()


_children = _Children()


def run(
    folder: Path,
    arguments: Sequence[str],
    *,
    stdin: bytes = b"",
    timeout_seconds: float = TIMEOUT_SECONDS,
    hooks_path: bool = False,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """What git wrote to stdout. `hooks_path` leaves core.hooksPath as the user set it (only for asking what it is).

    `environment` comes on top of the clean one.

    Raises GitFailed, TimedOut (`git_timeout`), Unavailable (`git_missing`).
    """
    safe = [item for item in _SAFE if not (hooks_path and item.startswith("core.hooksPath"))]
    options = [part for item in safe for part in ("-c", item)]
    command = ["git", "--no-pager", "--no-optional-locks", "-C", os.fspath(folder), *options, *arguments]
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment() | dict(environment or {}),
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise Unavailable("git_missing", "the git program is not there", "install git") from error
    out, err = _finish(child, stdin, timeout_seconds, arguments[0])
    if child.returncode != 0:
        raise GitFailed(arguments[0], child.returncode, err.decode("utf-8", "replace"))
    return out


def kill_all() -> None:
    """Ends every git that runs; their callers get GitFailed. For the daemon's stop."""
    _children.kill()


def clean_environment() -> dict[str, str]:
    """The environment without GIT_*: it names other repositories, or carries settings that run something."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "SSH_ASKPASS"))}
    return kept | {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }


def _finish(child: subprocess.Popen[bytes], stdin: bytes, timeout_seconds: float, name: str) -> tuple[bytes, bytes]:
    _children.add(child)
    try:
        with child:
            try:
                return child.communicate(stdin, timeout_seconds)
            except subprocess.TimeoutExpired as error:
                child.kill()
                raise TimedOut(
                    "git_timeout",
                    f"git {name} took over {timeout_seconds:g} s",
                    "`git gc` may help; it is tried again",
                ) from error
    finally:
        _children.discard(child)
