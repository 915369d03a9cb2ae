"""Hooks that are set in the configuration: git 2.54 and later run them beside all others, whoever owns the folder.

Owns the keys `hook.obsd-<hook>.command` and `.event` of a repository's own configuration; git-hook(1). Blocking: each
question is a run of git. They serve where another tool would write a hook anew; elsewhere the plain hook is older
gits' way too.
"""

from __future__ import annotations

import os
import re
import shlex
from functools import lru_cache
from pathlib import Path

from obsd.errors import ObsdError
from obsd.git import program

SINCE = (2, 54)


@lru_cache(maxsize=1)
def supported() -> bool:
    """Whether the git on the PATH runs such hooks."""
    try:
        answer = program.run(Path("/"), ["version"], timeout_seconds=program.ASK_SECONDS).decode("ascii", "replace")
    except ObsdError:
        return False
    match = re.search(r"(\d+)\.(\d+)", answer)
    return match is not None and (int(match[1]), int(match[2])) >= SINCE


def command(script: Path) -> str:
    """What git runs for a hook: nothing where the script is gone."""
    quoted = shlex.quote(os.fspath(script))
    return f"test ! -x {quoted} || {quoted}"


def is_set(worktree: Path, hook: str, script: Path) -> bool:
    """Whether git runs that script for the hook."""
    if not supported():
        return False
    return _values(worktree, hook, "command") == [command(script)] and _values(worktree, hook, "event") == [hook]


def add(worktree: Path, hook: str, script: Path) -> None:
    """Has git run the script. Raises what `program.run` raises."""
    for key, value in (("command", command(script)), ("event", hook)):
        _local(worktree, ["--replace-all", f"{_section(hook)}.{key}", value])


def remove(worktree: Path, hook: str) -> bool:
    """Takes the keys away, with their section; False when there were none."""
    if not _values(worktree, hook, "command"):
        return False
    _local(worktree, ["--remove-section", _section(hook)])
    return True


def _values(worktree: Path, hook: str, key: str) -> list[str]:
    try:
        answer = _local(worktree, ["-z", "--get-all", f"{_section(hook)}.{key}"])
    except program.GitFailed:
        return []
    return [os.fsdecode(value) for value in answer.split(b"\0")[:-1]]


def _local(worktree: Path, arguments: list[str]) -> bytes:
    return program.run(worktree, ["config", "--local", *arguments], timeout_seconds=program.ASK_SECONDS)


def _section(hook: str) -> str:
    return f"hook.obsd-{hook}"
