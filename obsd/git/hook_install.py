"""Installs, removes and checks obsd's git hooks. The only module that writes into a repository.

Where there is no hook, a whole script is written. A foreign shell script gets one block after its first line, so that
its `$0`, arguments, stdin and exit status stay; a hook in another language, or a link, is moved to `obsd-kept/` and
runs after obsd's. Next to a hook of pre-commit the script becomes its `.legacy` hook, which `pre-commit install` keeps.
Where Git LFS is installed its hooks are left to it, because `git lfs install` fails where they contain any other text:
`prepare-commit-msg` reports instead. Hooks that another tool would overwrite (lefthook, a foreign core.hooksPath) are
not changed: git 2.54 and later get obsd's by configuration, else the line to add is printed. Where the user's own
configuration has hooks for every repository (`hook_everywhere`), nothing is written into one.
Uninstalling restores, byte for byte, what was there.

Runs in obsctl (as the user) and, for `state`, in the daemon. Blocking; imports no gRPC.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from obsd.agents.table import AgentTable
from obsd.errors import NotPermitted, ObsdError
from obsd.git import hook_config, hook_script, hook_wish
from obsd.git.hook_paths import (
    LFS_HOOKS,
    MARKER,
    MAX_HOOK_BYTES,
    OWN_FOLDER,
    PRE_COMMIT,
    Place,
    find_place,
    is_lfs,
    is_own,
    lfs_is_there,
    line_file,
    managed,
    read_hook,
    reports,
    taken,
)
from obsd.git.hook_report import HOOKS, PREPARE
from obsd.text import printable

KEPT = "obsd-kept"
"""The folder, next to the hooks, of earlier hooks that obsd's hooks run."""

State = Literal["installed", "absent", "foreign"]
_SHELL = re.compile(rb"#![ \t]*/(?:usr/bin/env[ \t]+|[^ \n]*/)?(?:sh|bash|dash|ksh|zsh)(?:[ \t][^\n]*)?\n")


@dataclass(frozen=True, slots=True)
class HookChange:
    """A file that was written, changed, moved or removed, and what was done: `written`, `changed`, `kept`,
    `restored`, `removed`, or `to add` for a line that only its owner may add (`line`)."""

    path: Path
    action: Literal["written", "changed", "kept", "restored", "removed", "to add"]
    line: str = ""


@dataclass(frozen=True, slots=True)
class HookState:
    """The state of a repository's hooks. `state` is `installed` when all four report, `foreign` when another tool
    owns them and does not call obsd's. `detail` has the problem and what helps; `folder` is git's folder of hooks;
    `missing` are the hooks that do not report."""

    state: State
    detail: str = ""
    folder: Path | None = None
    missing: tuple[str, ...] = HOOKS


def install(worktree: Path, obsctl: Path, spool: Path, table: AgentTable | None = None) -> list[HookChange]:
    """Installs or updates all hooks; idempotent. Returns what was changed.

    `table` has the markers that the hooks report; None: the shipped table.

    Raises NotFound (`no_repository`), NotPermitted (`hooks_unwritable`).
    """
    place = find_place(worktree)
    if place.of_user >= set(HOOKS):
        hook_wish.note(spool, place.common_dir)
        return []
    with _readable_errors(place.folder):
        if not place.foreign:
            place.folder.mkdir(mode=0o755, exist_ok=True)
        script = partial(hook_script.script, obsctl=obsctl, spool=spool, table=table)
        changes = [change for hook in HOOKS for change in _install_one(place, hook, script)]
        if any(taken(place, hook) and not reports(place, hook) for hook in HOOKS):
            changes += _install_one(place, PREPARE, script)
        if all(reports(place, hook) for hook in HOOKS):
            hook_wish.note(spool, place.common_dir)
        return changes


def uninstall(worktree: Path, spool: Path | None = None) -> list[HookChange]:
    """Removes everything that `install` wrote and restores what it moved; idempotent. Errors as for `install`.

    `spool` is the argument of `install`: the hooks are then no longer expected to report.
    """
    place = find_place(worktree)
    if spool is not None:
        hook_wish.forget(spool, place.common_dir)
    with _readable_errors(place.folder):
        # core.hooksPath may have been set, or taken away, since the hooks were installed.
        folders = dict.fromkeys((place.folder, place.own_hooks, place.scripts))
        hooks = (*HOOKS, PREPARE)
        changes = [change for folder in folders for hook in hooks for change in _uninstall_one(folder, hook)]
        if [hook for hook in HOOKS if hook_config.remove(place.worktree, hook)]:
            changes.append(HookChange(place.common_dir / "config", "changed"))
        for folder in (place.folder / KEPT, place.own_hooks / KEPT, place.scripts):
            if folder.is_dir() and not os.listdir(folder):
                folder.rmdir()
        return changes


def state(worktree: Path) -> HookState:
    """Returns the present state of the hooks; `absent` for a folder that is not a repository."""
    try:
        place = find_place(worktree)
    except ObsdError as error:
        return HookState("absent", error.message)
    missing = tuple(hook for hook in HOOKS if not reports(place, hook))
    if not missing:
        return HookState("installed", "", place.folder, ())
    if any(managed(place, hook) for hook in missing):
        return HookState("foreign", _foreign_detail(place, missing), place.folder, missing)
    if all(taken(place, hook) for hook in missing):
        return HookState("foreign", _taken_detail(missing), place.folder, missing)
    names = ", ".join(missing)
    return HookState("absent", f"not installed: {names}; `obsctl hooks install` does it", place.folder, missing)


def _install_one(place: Place, hook: str, script: Callable[..., bytes]) -> Iterator[HookChange]:
    if managed(place, hook):
        place.scripts.mkdir(mode=0o755, exist_ok=True)
        yield from _write(place.scripts / hook, script(hook))
        if not reports(place, hook) and hook_config.supported():
            hook_config.add(place.worktree, hook, place.scripts / hook)
            yield HookChange(place.common_dir / "config", "changed")
        elif not reports(place, hook):
            yield HookChange(line_file(place, hook), "to add", line_to_add(hook))
        return
    path = place.folder / hook
    existing = read_hook(path)
    if _left_to_lfs(place, hook, existing):
        yield from _leave_to_lfs(place, hook, script)
        return
    if existing is None or is_own(existing):
        kept = f"{KEPT}/{hook}" if os.path.lexists(place.folder / KEPT / hook) else ""
        yield from _write(path, script(hook, kept=kept))
    elif PRE_COMMIT in existing and _may_write(path.with_name(f"{hook}.legacy")):
        yield from _write(path.with_name(f"{hook}.legacy"), script(hook))
    elif _takes_block(path, existing):
        yield from _write(place.folder / hook_script.own_name(hook), script(hook))
        yield from _insert_block(path, existing, hook)
    else:
        yield from _keep(path, place.folder / KEPT / hook)
        yield from _write(path, script(hook, kept=f"{KEPT}/{hook}"))


def _left_to_lfs(place: Place, hook: str, existing: bytes | None) -> bool:
    if taken(place, hook):
        return True
    own = existing is not None and is_own(existing) and not os.path.lexists(place.folder / KEPT / hook)
    return hook in LFS_HOOKS and lfs_is_there() and (own or is_lfs(_without_block(existing or b"")))


def _leave_to_lfs(place: Place, hook: str, script: Callable[..., bytes]) -> Iterator[HookChange]:
    # Earlier versions put their block into it, and Git LFS may have come later.
    yield from _uninstall_one(place.folder, hook)
    if hook_config.supported():
        place.scripts.mkdir(mode=0o755, exist_ok=True)
        yield from _write(place.scripts / hook, script(hook))
        if not hook_config.is_set(place.worktree, hook, place.scripts / hook):
            hook_config.add(place.worktree, hook, place.scripts / hook)
            yield HookChange(place.common_dir / "config", "changed")


def _takes_block(path: Path, existing: bytes) -> bool:
    shell = _SHELL.match(existing) is not None and len(existing) < MAX_HOOK_BYTES
    return shell and not path.is_symlink() and os.access(path, os.X_OK)


def _may_write(path: Path) -> bool:
    existing = read_hook(path)
    return existing is None or is_own(existing)


def _insert_block(path: Path, existing: bytes, hook: str) -> Iterator[HookChange]:
    if MARKER in existing:
        return
    first, rest = existing.split(b"\n", 1)
    yield from _write(path, first + b"\n" + hook_script.block(hook) + rest, path.stat().st_mode & 0o7777, "changed")


def _keep(path: Path, kept: Path) -> Iterator[HookChange]:
    kept.parent.mkdir(mode=0o755, exist_ok=True)
    path.rename(kept)
    yield HookChange(kept, "kept")


def _write(
    path: Path, content: bytes, mode: int = 0o755, action: Literal["written", "changed"] = "written"
) -> Iterator[HookChange]:
    if read_hook(path) == content and os.access(path, os.X_OK):
        return
    replace_file(path, content, mode)
    yield HookChange(path, action)


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """Writes a file that git may run or read at any moment: it sees either the old or the new one. Raises OSError."""
    temporary = path.with_name(f".{path.name}.obsd-{os.getpid()}")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _uninstall_one(folder: Path, hook: str) -> Iterator[HookChange]:
    for path in (folder / hook, folder / f"{hook}.legacy", folder / hook_script.own_name(hook)):
        content = read_hook(path)
        if content is None:
            continue
        if is_own(content):
            path.unlink()
            yield HookChange(path, "removed")
        elif (without := _without_block(content)) != content and not path.is_symlink():
            yield from _write(path, without, path.stat().st_mode & 0o7777, "changed")
    kept = folder / KEPT / hook
    if os.path.lexists(kept) and not os.path.lexists(folder / hook):
        kept.rename(folder / hook)
        yield HookChange(folder / hook, "restored")


def _without_block(content: bytes) -> bytes:
    begin = content.find(hook_script.BLOCK_BEGIN.encode())
    last = hook_script.BLOCK_END.encode() + b"\n"
    end = content.find(last, begin)
    return content if begin < 0 or end < 0 else content[:begin] + content[end + len(last) :]


def line_to_add(hook: str) -> str:
    """Returns the line for a hook that another tool owns; it does nothing where obsd's script is missing."""
    return (
        f'h="$(git rev-parse --git-common-dir)/{OWN_FOLDER}/{hook}"; '
        '[ ! -x "$h" ] || "$h" "$@" </dev/null >/dev/null 2>&1 || :'
    )


def _taken_detail(missing: Sequence[str]) -> str:
    names = ", ".join(missing)
    return f"Git LFS owns {names}; `obsctl hooks install` adds {PREPARE}, which reports instead"


def _foreign_detail(place: Place, missing: tuple[str, ...]) -> str:
    folder = printable(str(place.folder))
    if place.foreign and not place.folder.is_dir():
        return f"core.hooksPath is {folder}, which is not a folder: git runs no hooks here"
    why = f"core.hooksPath is {folder}, which belongs to another tool" if place.foreign else "lefthook owns the hooks"
    file = printable(str(line_file(place, missing[0])))
    others = f"; likewise for {', '.join(missing[1:])}" if len(missing) > 1 else ""
    return f"{why}; commits are found by the reflog. For reports, {file} needs: {line_to_add(missing[0])}{others}"


class _readable_errors:  # noqa: N801 - reads as a statement
    """Converts errors of the operating system into errors that name the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise NotPermitted(
                "hooks_unwritable",
                f"the hooks in {printable(str(self._folder))} cannot be written: {error.strerror}",
                "without hooks obsd finds commits in the reflog; `obsctl add-workspace --no-hooks` installs none",
            ) from error
