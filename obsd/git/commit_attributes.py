"""The .gitattributes and .gitmodules of a commit, which decide how its files are compared.

Owns finding them, and a folder that replaces the working tree when its files differ from the commit's. git and libgit2
read these files from the working tree, which may be at another commit by now. Blocking; worker threads
only.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from obsd.errors import ObsdError
from obsd.git import status
from obsd.git.layout import Layout
from obsd.git.repository import Repository

ATTRIBUTES = ".gitattributes"
MODULES = ".gitmodules"
MAX_BYTES = 1024 * 1024
_MAX_FOLDERS = 10_000
_NOT_BELOW = frozenset({"", ".", "..", ".git"})


@dataclass(frozen=True, slots=True)
class CommitAttributes:
    """What a commit has in the folders of its changes, by path. `in_force`: the working tree has the same.

    `none`: neither has any attributes there.
    """

    layout: Layout
    files: Mapping[str, bytes]
    in_force: bool
    none: bool = False

    @contextmanager
    def worktree(self) -> Iterator[tuple[Path, dict[str, str]]]:
        """Yields a folder to run git in, and the environment that makes it the working tree."""
        if self.in_force:
            yield self.layout.worktree, {}
            return
        with tempfile.TemporaryDirectory(prefix="obsd-attributes-") as folder:
            for name, content in self.files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            # Without an index: where the folder has no such file, git would read the staged one.
            index = os.path.join(folder, ".no-index")
            yield (
                Path(folder),
                {"GIT_DIR": os.fspath(self.layout.git_dir), "GIT_WORK_TREE": folder, "GIT_INDEX_FILE": index},
            )


def read_attributes(repository: Repository, commit_id: str) -> CommitAttributes:
    """Returns the attributes for the changes of a commit; those of the working tree if its trees cannot be read."""
    try:
        paths = status.touched(repository, commit_id)
        names = _names(paths)
        files = _read(repository, commit_id, names)
    except ObsdError:
        return CommitAttributes(repository.layout, {}, in_force=True)
    same = all(_on_disk(repository.layout.worktree / name) == files.get(name) for name in names)
    all_asked = len(names) == len(_folders(paths)) + 1
    none = same and all_asked and not any(name.endswith(ATTRIBUTES) for name in files)
    return CommitAttributes(repository.layout, files, in_force=same, none=none)


def _folders(paths: Sequence[str]) -> dict[PurePosixPath, None]:
    return dict.fromkeys(parent for path in paths for parent in PurePosixPath(path).parents)


def _names(paths: Sequence[str]) -> list[str]:
    names = [os.path.join(os.fspath(one), ATTRIBUTES) if one.parts else ATTRIBUTES for one in _folders(paths)]
    # A tree may contain any name; one that leads out of the working tree was never checked out.
    safe = (name for name in names if not _NOT_BELOW & set(name.split("/")) and "\n" not in name)
    return [MODULES, *safe][:_MAX_FOLDERS]


def _read(repository: Repository, commit_id: str, names: Sequence[str]) -> dict[str, bytes]:
    contents = zip(names, repository.blobs(commit_id, names), strict=True)
    return {name: content for name, content in contents if content is not None and len(content) <= MAX_BYTES}


def _on_disk(path: Path) -> bytes | None:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError:
        return None
