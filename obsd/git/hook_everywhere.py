"""One installation for every repository of a user: hooks of the user's own git configuration (git 2.54 and later).

Owns the keys `hook.obsd-<hook>.*` there, the scripts that they run, and the list of the working trees that report: a
few lines of shell in the spool, which the daemon writes and a hook reads before anything else. What is not on the list
ends there, and starts no other program. Blocking; `obsctl` installs as the user, the daemon writes the list.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from obsd.agents.table import AgentTable
from obsd.errors import Unavailable
from obsd.git import hook_config, hook_script
from obsd.git.hook_install import replace_file
from obsd.git.hook_report import HOOKS

SCRIPTS = "hooks"
"""The folder of the scripts in the spool."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What the list has: absolute paths of working trees that report and of those that do not, and the folders below
    which any other one reports."""

    reporting: Collection[str] = ()
    silent: Collection[str] = ()
    below: Collection[str] = ()


def install(obsctl: Path, spool: Path, table: AgentTable | None = None) -> list[tuple[Path, str]]:
    """Installs or updates all hooks; idempotent. Returns the files that were changed, each with what was done.

    Raises Unavailable (`git_too_old`), OSError, and what `program.run` raises.
    """
    require()
    folder = spool / SCRIPTS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    changes = []
    for hook in HOOKS:
        text = hook_script.script(hook, obsctl, spool, table=table)
        if _content(folder / hook) != text or not os.access(folder / hook, os.X_OK):
            replace_file(folder / hook, text, 0o700)
            changes.append((folder / hook, "written"))
    missing = [hook for hook in HOOKS if not hook_config.is_set_for_user(hook, command(hook, spool))]
    for hook in missing:
        hook_config.set_for_user(hook, command(hook, spool))
    if missing:
        changes.append((hook_config.user_file(), "changed"))
    return changes


def uninstall(spool: Path) -> list[tuple[Path, str]]:
    """Takes everything away that `install` wrote; idempotent. Raises OSError, and what `program.run` raises."""
    changes = []
    place = hook_config.user_file()
    if [hook for hook in HOOKS if hook_config.remove_for_user(hook)]:
        changes.append((place, "changed"))
    folder = spool / SCRIPTS
    for hook in HOOKS:
        if (folder / hook).is_file():
            (folder / hook).unlink()
            changes.append((folder / hook, "removed"))
    if folder.is_dir() and not os.listdir(folder):
        folder.rmdir()
    return changes


def missing(spool: Path) -> tuple[str, ...]:
    """The hooks that are not installed as they should be; all of them where git is too old."""
    return tuple(hook for hook in HOOKS if not _installed(hook, spool))


def require() -> None:
    """Raises Unavailable (`git_too_old`) where git runs no hooks of the configuration."""
    if not hook_config.supported():
        raise Unavailable(
            "git_too_old",
            f"{hook_config.version() or 'the git program, which does not run,'} runs no hooks of its configuration: "
            "git 2.54 and later do",
            "`obsctl hooks install` adds hooks to each workspace, with any git",
        )


def command(hook: str, spool: Path) -> str:
    """What git runs for a hook, by a shell: nothing where the list is gone."""
    place = shlex.quote(os.fspath(spool / hook_config.LIST))
    return f"{hook_config.first_words(hook)}test ! -r {place} || . {place}"


def write_list(spool: Path, listed: Listed) -> bool:
    """Writes the list if it differs; returns whether it did. Raises OSError."""
    text = list_text(spool, listed)
    if _content(spool / hook_config.LIST) == text:
        return False
    replace_file(spool / hook_config.LIST, text, 0o600)
    return True


def list_text(spool: Path, listed: Listed) -> bytes:
    """The list: what `hook` is set to names the script; a shell reads it as a part of its own text."""
    script = f'{shlex.quote(os.fspath(spool / SCRIPTS))}"/$obsd_hook"'
    run = f'[ ! -x {script} ] || exec {script} "$@"'
    lines = [
        "# Written by obsd: the working trees whose hooks report. Every other one is left alone.",
        "cd -P . 2>/dev/null || exit 0",
        "case $PWD in",
        *_branch([shlex.quote(path) for path in sorted(listed.reporting)], run),
        *_branch([shlex.quote(path) for path in sorted(listed.silent)], ""),
        *_branch([f"{shlex.quote(path.rstrip('/') + '/')}*" for path in sorted(listed.below)], run),
        "esac",
        "exit 0",
    ]
    return os.fsencode("\n".join(lines) + "\n")


def _branch(patterns: list[str], run: str) -> list[str]:
    return [" | ".join(patterns) + f") {run} ;;"] if patterns else []


def _installed(hook: str, spool: Path) -> bool:
    script = spool / SCRIPTS / hook
    return os.access(script, os.X_OK) and hook_config.is_set_for_user(hook, command(hook, spool))


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
