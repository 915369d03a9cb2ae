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

from obsd.errors import LimitReached, ObsdError, TimedOut, Unavailable
from obsd.git import means
from obsd.git.program_output import Bounded, TooMuchOutput, converse
from obsd.text import printable

TIMEOUT_SECONDS = 60.0
ASK_SECONDS = 10.0
"""For what git answers from its configuration: longer is a file that never answers, and somebody may be waiting."""
MAX_OUTPUT_BYTES = 64 << 20
"""What is kept of what git writes: a commit can have gigabytes of lines, and the index any number of names."""

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
    max_bytes: int = MAX_OUTPUT_BYTES,
) -> bytes:
    """What git wrote to stdout. `hooks_path` leaves core.hooksPath as the user set it (only for asking what it is).

    `environment` comes on top of the clean one.

    Raises GitFailed, TimedOut (`git_timeout`), Unavailable (`git_missing`, `git_not_started`, and `git_unreadable`
    where it would wait for ever, or may not be asked), LimitReached (`git_output_too_large`: over `max_bytes`).
    """
    output = Bounded(max_bytes)
    stream(
        folder,
        arguments,
        output.take,
        stdin=stdin,
        timeout_seconds=timeout_seconds,
        hooks_path=hooks_path,
        environment=environment,
    )
    return output.value()


def stream(
    folder: Path,
    arguments: Sequence[str],
    take: Callable[[bytes], None],
    *,
    stdin: bytes = b"",
    timeout_seconds: float = TIMEOUT_SECONDS,
    hooks_path: bool = False,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Hands what git writes to stdout to `take`, part by part; it may raise TooMuchOutput. Otherwise as `run`."""
    means.require_program(folder)
    timeout_seconds = means.program_seconds(timeout_seconds)
    alive(timeout_seconds)
    command = ["git", "--no-pager", "--no-optional-locks", "-C", os.fspath(folder), *_options(hooks_path), *arguments]
    child = _started(command, clean_environment() | dict(environment or {}))
    name = arguments[0]
    try:
        err = converse(child, stdin, take, timeout_seconds)
    except subprocess.TimeoutExpired as error:
        text = f"git {name} took over {timeout_seconds:g} s"
        raise TimedOut("git_timeout", text, "`git gc` may help; it is tried again") from error
    except TooMuchOutput as error:
        text = f"git {name} wrote more than is read of it"
        raise LimitReached("git_output_too_large", text, "what it is about stays unmeasured") from error
    alive()
    if child.returncode != 0:
        raise GitFailed(name, child.returncode, err.decode("utf-8", "replace"))


def _started(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=_Reader.alive is None,
            preexec_fn=_end_with_parent if _Reader.alive is not None else None,
        )
    except FileNotFoundError as error:
        raise Unavailable("git_missing", "the git program is not there", "install git") from error
    except OSError as error:
        what = f"git could not be started: {error.strerror}"
        raise Unavailable("git_not_started", what, "it is tried again by itself") from error


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


_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _end_with_parent() -> None:
    """A reader that is killed leaves no git behind (prctl(2)); it has one thread, so that this is safe after a fork."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
