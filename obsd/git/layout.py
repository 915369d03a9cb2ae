"""Where a working tree keeps its git directory, by reading git's own pointer files.

Owns nothing but the answer. It starts no program and opens no repository, so it works for those that libgit2
refuses; any thread. gitrepository-layout(5): `.git` may be a file, and `commondir` leads to what worktrees share.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from obsd.small_files import read_small

_MAX_POINTER_BYTES = 8192
_STEP_SECONDS = 1.0
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BRANCH_PREFIX = "refs/heads/"

DETACHED = "(detached)"
UNKNOWN_BRANCH = "unknown"


@dataclass(frozen=True, slots=True)
class Layout:
    """A working tree, its own git directory and the one that it shares with its siblings; absolute paths."""

    worktree: Path
    git_dir: Path
    common_dir: Path

    @property
    def head_log(self) -> Path:
        """The reflog of HEAD: each worktree has its own."""
        return self.git_dir / "logs" / "HEAD"

    @property
    def linked(self) -> bool:
        """Whether this is a linked worktree (git-worktree(1)); a submodule is none."""
        return self.git_dir != self.common_dir

    @property
    def reftable(self) -> bool:
        """Whether references are kept in a reftable, and reflogs with them: there is no log file to read."""
        return os.path.isdir(self.common_dir / "reftable")


def find(worktree: str | Path) -> Layout | None:
    """The layout of the folder, or None when it is not the root of a working tree."""
    root = Path(worktree)
    git_dir = _git_dir(root)
    if git_dir is None or not os.path.isfile(git_dir / "HEAD"):
        return None
    return Layout(root, git_dir, _common_dir(git_dir))


def find_around(folder: Path, declared_safe: Callable[[], Iterable[str]] = tuple) -> Layout | None:
    """The layout of the working tree that a folder is in; None where there is none, or none that may be believed.

    The folder's own repository is believed. One of a folder above is only if it belongs to this user or to the owner of
    the folder, or if `declared_safe` has it: git's rule of safe.directory, since in /tmp, say, anybody can make one.
    """
    for top in (folder, *folder.parents):
        found = find(top)
        if found is not None:
            believed = top == folder or _owned(folder, found) or _declared(top, declared_safe())
            return found if believed else None
    return None


def branch_name(ref: str) -> str:
    """The short name of a full reference name; `(detached)` for none."""
    return ref.removeprefix(_BRANCH_PREFIX) if ref else DETACHED


def head_branch(layout: Layout) -> str:
    """The short name of the branch that HEAD names now; `(detached)` for none, `unknown` when it is unreadable."""
    if layout.reftable:
        return UNKNOWN_BRANCH
    text = read_pointer(layout.git_dir / "HEAD")
    if text is None:
        return UNKNOWN_BRANCH
    return branch_name(text.removeprefix("ref:").strip() if text.startswith("ref:") else "")


def head_ref(layout: Layout) -> str:
    """The full name of the reference that HEAD names; empty for none, and for what is no name of one."""
    text = read_pointer(layout.git_dir / "HEAD") or ""
    ref = text.removeprefix("ref:").strip() if text.startswith("ref:") else ""
    return ref if ref.startswith("refs/") and ".." not in ref else ""


def head_id(layout: Layout) -> str:
    """The commit that HEAD names, in hexadecimal, from loose references; empty where they do not have it."""
    text = read_pointer(layout.git_dir / "HEAD") or ""
    if text.startswith("ref:"):
        ref = head_ref(layout)
        text = (read_pointer(layout.common_dir / ref) or "") if ref else ""
    return text.strip()


def is_id(text: str) -> bool:
    """Whether a text is an object id in hexadecimal."""
    return _ID.fullmatch(text) is not None


def rebased_branch(layout: Layout) -> str | None:
    """The short name of the branch whose rebase is under way; None while none is."""
    for state in ("rebase-merge", "rebase-apply"):
        text = read_pointer(layout.git_dir / state / "head-name")
        if text:
            return branch_name(text.strip() if text.startswith(_BRANCH_PREFIX) else "")
    return None


def rebase_runs(layout: Layout) -> bool:
    """Whether a rebase is at work, and has not stopped for somebody: git writes `done` at each of its steps."""
    state = layout.git_dir / "rebase-merge"
    if (state / "stopped-sha").exists():
        return False
    try:
        return time.time() - (state / "done").stat().st_mtime < _STEP_SECONDS
    except OSError:
        return False


def log_age_seconds(layout: Layout) -> float:
    """How long ago HEAD's log was written to; infinite where there is none."""
    try:
        return time.time() - layout.head_log.stat().st_mtime
    except OSError:
        return float("inf")


def read_pointer(path: Path) -> str | None:
    """The first bytes of a small file of git's, up to a NUL as git reads it; None when it cannot be read."""
    try:
        return os.fsdecode(read_small(path, _MAX_POINTER_BYTES).partition(b"\0")[0])
    except (OSError, ValueError):
        return None


def _git_dir(root: Path) -> Path | None:
    dot_git = root / ".git"
    if os.path.isdir(dot_git):
        return Path(os.path.realpath(dot_git))
    text = read_pointer(dot_git)
    if text is None or not text.startswith("gitdir:"):
        return None
    return _resolved(root, text.removeprefix("gitdir:"))


def _owned(folder: Path, found: Layout) -> bool:
    try:
        trusted = {os.geteuid(), folder.stat().st_uid}
        places = (found.worktree, found.worktree / ".git", found.git_dir, found.common_dir)
        return all(place.lstat().st_uid in trusted for place in places)
    except OSError:
        return False


def _declared(top: Path, safe: Iterable[str]) -> bool:
    """git-config(1): an empty value takes back what comes before it, `*` is every folder, and `/*` all below one."""
    believed = False
    for value in safe:
        if not value:
            believed = False
        else:
            below = value.endswith("/*") and str(top).startswith(value[:-1])
            believed = believed or value == "*" or below or os.path.expanduser(value).rstrip("/") == str(top)
    return believed


def _common_dir(git_dir: Path) -> Path:
    text = read_pointer(git_dir / "commondir")
    return _resolved(git_dir, text) if text else git_dir


def _resolved(base: Path, pointer: str) -> Path:
    # Not Path.resolve: it raises for a loop of links.
    return Path(os.path.realpath(base / pointer.strip("\n").lstrip(" ")))
