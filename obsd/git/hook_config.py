"""Hooks that are set in the configuration: git 2.54 and later run them beside all others, whoever owns the folder.

Owns the keys `hook.obsd-<hook>.command` and `.event`, of a repository's own configuration and of the user's;
git-hook(1). Blocking: each question is a run of git. In a repository they serve where another tool would write a hook
anew; elsewhere the plain hook is older gits' way too. A repository's keys replace the user's of the same name.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from obsd.errors import ObsdError
from obsd.git import program
from obsd.git.hook_report import HOOKS
from obsd.text import printable

SINCE = (2, 54)
LIST = "workspaces.sh"
"""The file in the spool that the user's hooks read: which working trees report."""

_KEYS = r"^hook\..*\.(command|event|enabled)$"
_NO = ("false", "no", "off", "0")


@lru_cache(maxsize=1)
def version() -> str:
    """What the git on the PATH calls itself, such as "git version 2.55.0"; empty where it does not run."""
    try:
        answer = program.run(Path("/"), ["version"], timeout_seconds=program.ASK_SECONDS)
    except ObsdError:
        return ""
    return printable(answer.decode("utf-8", "replace").strip()[:100])


def supported() -> bool:
    """Whether the git on the PATH runs such hooks."""
    match = re.search(r"(\d+)\.(\d+)", version())
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


def of_user(worktree: Path) -> frozenset[str]:
    """The hooks for which git runs, in that working tree, what the user's configuration has of obsd for every
    repository. Raises what `program.run` raises."""
    if not supported():
        return frozenset()
    commands: dict[str, tuple[str, str]] = {}
    events: dict[str, list[str]] = {}
    off: set[str] = set()
    for scope, key, value in _all_set(worktree):
        name, _, kind = key.removeprefix("hook.").rpartition(".")
        if kind == "command":
            commands[name] = (scope, value)
        elif kind == "event":
            # An empty value takes back what was there before.
            events[name] = [*events.get(name, ()), value] if value else []
        else:
            (off.add if value.lower() in _NO else off.discard)(name)
    return frozenset(
        hook
        for hook in HOOKS
        if _is_users(hook, *commands.get(f"obsd-{hook}", ("", "")))
        and hook in events.get(f"obsd-{hook}", ())
        and not off & {hook, f"obsd-{hook}"}
    )


def first_words(hook: str) -> str:
    """How the commands of the user's hooks begin."""
    return f"obsd_hook={hook}; "


def is_set_for_user(hook: str, wanted: str) -> bool:
    """Whether the user's configuration has that command for the hook."""
    if not supported():
        return False
    return _values(None, hook, "command") == [wanted] and _values(None, hook, "event") == [hook]


def set_for_user(hook: str, wanted: str) -> None:
    """Has git run the command in every repository. Raises what `program.run` raises."""
    for key, value in (("command", wanted), ("event", hook)):
        _user(["--replace-all", f"{_section(hook)}.{key}", value])


def remove_for_user(hook: str) -> bool:
    """Takes the user's keys away, with their section; False when there were none."""
    if not _values(None, hook, "command"):
        return False
    _user(["--remove-section", _section(hook)])
    return True


def user_file() -> Path:
    """The file that `git config --global` writes; git-config(1)."""
    given = os.environ.get("GIT_CONFIG_GLOBAL")
    if given:
        return Path(given)
    own = Path("~/.gitconfig").expanduser()
    shared = Path(os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()) / "git" / "config"
    return shared if shared.is_file() and not own.exists() else own


def _is_users(hook: str, scope: str, value: str) -> bool:
    return scope == "global" and value.startswith(first_words(hook)) and f"/{LIST}" in value


def _all_set(worktree: Path) -> Iterator[tuple[str, str, str]]:
    """The scope, the key and the value of each setting of hooks, in git's order: the last one holds."""
    try:
        answer = program.run(
            worktree,
            ["config", "-z", "--show-scope", "--get-regexp", _KEYS],
            timeout_seconds=program.ASK_SECONDS,
            environment=_user_environment(),
        )
    except program.GitFailed:
        return
    parts = os.fsdecode(answer).split("\0")[:-1]
    for scope, setting in zip(parts[::2], parts[1::2], strict=False):
        key, _, value = setting.partition("\n")
        yield scope, key, value


def _values(worktree: Path | None, hook: str, key: str) -> list[str]:
    arguments = ["-z", "--get-all", f"{_section(hook)}.{key}"]
    try:
        answer = _user(arguments) if worktree is None else _local(worktree, arguments)
    except program.GitFailed:
        return []
    return [os.fsdecode(value) for value in answer.split(b"\0")[:-1]]


def _local(worktree: Path, arguments: list[str]) -> bytes:
    return program.run(worktree, ["config", "--local", *arguments], timeout_seconds=program.ASK_SECONDS)


def _user(arguments: list[str]) -> bytes:
    return program.run(
        Path("/"),
        ["config", "--global", *arguments],
        timeout_seconds=program.ASK_SECONDS,
        environment=_user_environment(),
    )


def _user_environment() -> dict[str, str]:
    # git gets an environment without GIT_*, and this one says which file is the user's.
    given = os.environ.get("GIT_CONFIG_GLOBAL")
    return {"GIT_CONFIG_GLOBAL": given} if given else {}


def _section(hook: str) -> str:
    return f"hook.obsd-{hook}"
