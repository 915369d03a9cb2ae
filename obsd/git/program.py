"""The git program, for what libgit2 cannot do: a clean environment, a timeout, and nothing of the repository's runs.

Owns how git is started. Blocking: for the daemon it runs in a reader (`obsd/readers`). Hooks, fsmonitor, external
diffs, text conversion, the credential helpers and lazy fetches of a watched repository stay off, whatever its
configuration says.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from obsd.errors import ObsdError, TimedOut, Unavailable
from obsd.git import means
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


class _Reader:
    """Whether this process is a reader, and whom it reports to how long it may be silent."""

    alive: Callable[[float], None] | None = None


def run_in_reader(alive: Callable[[float], None]) -> None:
    """This process reads for the daemon: each git is of its process group and ends with it."""
    _Reader.alive = alive


def alive(seconds: float = 0.0) -> None:
    """Says, in a reader, that the work goes on and may take so much longer."""
    if _Reader.alive is not None:
        _Reader.alive(seconds)


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

    Raises GitFailed, TimedOut (`git_timeout`), Unavailable (`git_missing`, `git_not_started`, and `git_unreadable`
    where it would wait for ever, or may not be asked).
    """
    means.require_program(folder)
    timeout_seconds = means.program_seconds(timeout_seconds)
    alive(timeout_seconds)
    try:
        child = subprocess.Popen(
            ["git", "--no-pager", "--no-optional-locks", "-C", os.fspath(folder), *_options(hooks_path), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment() | dict(environment or {}),
            start_new_session=_Reader.alive is None,
            preexec_fn=_end_with_parent if _Reader.alive is not None else None,
        )
    except FileNotFoundError as error:
        raise Unavailable("git_missing", "the git program is not there", "install git") from error
    except OSError as error:
        what = f"git could not be started: {error.strerror}"
        raise Unavailable("git_not_started", what, "it is tried again by itself") from error
    out, err = _finish(child, stdin, timeout_seconds, arguments[0])
    alive()
    if child.returncode != 0:
        raise GitFailed(arguments[0], child.returncode, err.decode("utf-8", "replace"))
    return out


def _options(hooks_path: bool) -> list[str]:
    safe = [item for item in _SAFE if not (hooks_path and item.startswith("core.hooksPath"))]
    return [part for item in safe for part in ("-c", item)]


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


_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """A reader that is killed leaves no git behind (prctl(2)); it has one thread, so that this is safe after a fork."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
