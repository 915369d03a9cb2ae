"""By what means a repository may be read now, and whether its files are such as git writes.

Owns the choice that a reader was given for its work: `libgit2` with the git program behind it, the `program` alone, or
`files`, which opens no object at all; and the look at git's own files before either of the two may open them, because
both read a FIFO for ever. One piece of work at a time: a reader's one thread, or obsctl's.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from obsd.errors import Unavailable
from obsd.git import layout as layouts
from obsd.git import pack_indexes
from obsd.git.layout import Layout

Means = Literal["libgit2", "program", "files"]
MEANS: tuple[Means, ...] = ("libgit2", "program", "files")
"""From the best to the last resort."""

_SMALL, _LARGE = 16 << 20, 1 << 30
_OWN = {"HEAD": 1 << 16, "commondir": 1 << 16, "index": 1 << 28, "config.worktree": _SMALL}
_WORKTREE = {".gitattributes": _SMALL, ".gitmodules": _SMALL, ".mailmap": _SMALL}
_COMMON = {
    "config": _SMALL,
    "packed-refs": 1 << 29,
    "shallow": 1 << 26,
    "info/grafts": 1 << 26,
    "info/attributes": _SMALL,
    "info/exclude": _SMALL,
    "objects/info/alternates": _SMALL,
    "objects/info/commit-graph": _LARGE,
    "refs/stash": 1 << 16,
}
_MOST_PACK_FILES = 20_000
_SUSPECT_SECONDS = 20.0


class _Work:
    means: Means = "libgit2"
    fault: str = ""
    distrusts: bool = False


_work = _Work()


def begin(means: Means) -> None:
    """A new piece of work, by these means."""
    _work.means, _work.fault, _work.distrusts = means, "", means == "program"


def fault() -> str:
    """What was wrong with the files of a repository that this work looked at; empty for nothing."""
    return _work.fault


def distrust() -> None:
    """What commits have is asked: git is asked in this work only where its indexes can be believed."""
    _work.distrusts = True


def program_seconds(wanted: float) -> float:
    """How long the git program may take: less than it wants where the files are known to hold readers up."""
    return min(wanted, _SUSPECT_SECONDS) if _work.means == "program" else wanted


def allow(means: Means, where: Layout) -> bool:
    """Whether the work may use `libgit2` or the `program` for a repository."""
    return MEANS.index(_work.means) <= MEANS.index(means) and not _note(find_fault(where))


def require_program(folder: Path) -> None:
    """Raises Unavailable (`git_unreadable`) where the git program may not be used, or would wait for ever."""
    where = layouts.find(folder)
    found = "its objects are not read now" if _work.means == "files" else ""
    if where is not None:
        found = found or _note(find_fault(where))
        if not found and _work.distrusts:
            found = _note(_damage(where))
    if found:
        raise Unavailable("git_unreadable", f"git is not asked: {found}", "`obsctl status` says what is the matter")


def find_fault(where: Layout) -> str:
    """The first of git's files that is none, or larger than any that git writes; empty where all are well."""
    for path, most in _files(where):
        try:
            status = os.stat(path)
        except OSError:
            continue
        shown = os.path.relpath(path, where.common_dir)
        if not stat.S_ISREG(status.st_mode):
            return f"{shown} is {_KINDS.get(stat.S_IFMT(status.st_mode), 'no file')}"
        if status.st_size > most:
            return f"{shown} has {status.st_size} bytes"
    return ""


_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}


def _files(where: Layout) -> Iterator[tuple[Path, int]]:
    yield from ((where.git_dir / name, most) for name, most in _OWN.items())
    yield from ((where.common_dir / name, most) for name, most in _COMMON.items())
    yield from ((where.worktree / name, most) for name, most in _WORKTREE.items())
    head = layouts.head_ref(where)
    if head:
        yield where.common_dir / head, 1 << 16
    try:
        with os.scandir(where.common_dir / "objects" / "pack") as entries:
            for _, entry in zip(range(_MOST_PACK_FILES), entries, strict=False):
                if not entry.is_file(follow_symlinks=False):
                    yield Path(entry.path), 1 << 62
    except OSError:
        return


def _damage(where: Layout) -> str:
    damaged = pack_indexes.find_damage(where)
    return f"{damaged} is damaged" if damaged else ""


def _note(found: str) -> str:
    _work.fault = _work.fault or found
    return found
