"""Where a working tree keeps its git directory, by reading git's own pointer files.

Owns nothing but the answer. It starts no program and opens no repository, so it works for those that libgit2
refuses; any thread. gitrepository-layout(5): `.git` may be a file, and `commondir` leads to what worktrees share.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

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
        return (self.common_dir / "reftable").is_dir()


def find(worktree: str | Path) -> Layout | None:
    """The layout of the folder, or None when it is not the root of a working tree."""
    root = Path(worktree)
    git_dir = _git_dir(root)
    if git_dir is None or not (git_dir / "HEAD").is_file():
        return None
    return Layout(root, git_dir, _common_dir(git_dir))


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


def head_id(layout: Layout) -> str:
    """The commit that HEAD names, in hexadecimal, from loose references; empty where they do not tell."""
    text = read_pointer(layout.git_dir / "HEAD") or ""
    if text.startswith("ref:"):
        text = read_pointer(layout.common_dir / text.removeprefix("ref:").strip()) or ""
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


def read_pointer(path: Path) -> str | None:
    """The first bytes of a small file of git's, or None when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return os.fsdecode(file.read(_MAX_POINTER_BYTES))
    except (OSError, ValueError):
        return None


def _git_dir(root: Path) -> Path | None:
    dot_git = root / ".git"
    if dot_git.is_dir():
        return dot_git.resolve()
    text = read_pointer(dot_git)
    if text is None or not text.startswith("gitdir:"):
        return None
    return _resolved(root, text.removeprefix("gitdir:"))


def _common_dir(git_dir: Path) -> Path:
    text = read_pointer(git_dir / "commondir")
    return _resolved(git_dir, text) if text else git_dir


def _resolved(base: Path, pointer: str) -> Path:
    return (base / pointer.strip("\n").lstrip(" ")).resolve()
