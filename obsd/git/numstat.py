"""The figures of a commit: lines and files as `git show --first-parent -m -M --numstat` has them.

Owns the choice between libgit2, for the common small commit, and the git program, for all that libgit2 does not
count as git does or that would hold the interpreter: a test compares both with git. Blocking; worker threads only.

libgit2 measures the likeness of two files in its own way, so a commit whose renames are not exact goes to git, as do
changes of type, submodules (which may be set to be ignored) and repositories that set how git compares. Its diff also
keeps the interpreter's lock while it compares two blobs, so commits with much in them go to git, which is a process of
its own. Both read attributes from the working tree; where the commit has others, git gets the commit's
(`commit_attributes.py`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pygit2

from obsd.git import means, program, status, tree_changes
from obsd.git.commit_attributes import CommitAttributes, read_attributes
from obsd.git.program_output import TooMuchOutput
from obsd.git.repository import CommitInfo, Repository
from obsd.git.tree_changes import TreeChange

MAX_FILES = 200
MAX_BYTES = 4 * 1024 * 1024

_SUBMODULE = 0o160000
_MAX_PATH_BYTES = 1 << 20
_SETTINGS = ("diff.algorithm", "diff.renamelimit", "diff.ignoresubmodules", "core.bigfilethreshold")

_Content = tuple[str, int]
"""(blob id, type of the file)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Lines added and removed, and files changed; None where objects that they need are not there.

    Binary files count as files and have no lines.
    """

    lines_added: int | None = 0
    lines_removed: int | None = 0
    files_changed: int | None = 0


UNKNOWN_FIGURES = Figures(None, None, None)


def measure(repository: Repository, commit: CommitInfo) -> Figures:
    """The figures of a commit. Raises ObsdError when neither libgit2 nor git can read it."""
    attributes = read_attributes(repository, commit.id)
    if repository.libgit2 is not None and attributes.in_force:
        try:
            figures = _by_libgit2(repository, commit, attributes)
        except (pygit2.GitError, KeyError, ValueError, MemoryError):
            figures = None
        if figures is not None:
            return figures
    try:
        return _by_program(repository, commit.id, attributes)
    except program.GitFailed:
        # A partial clone need not have the blobs; the trees tell which files differ.
        return Figures(None, None, len(status.touched(repository, commit.id, renames=True)))


class NumstatSums:
    """The sums of `--numstat -z` output, which may come in parts: memory is that of one path.

    An entry is `added TAB removed TAB path NUL`, with two paths behind it for a rename.
    """

    def __init__(self) -> None:
        self._added = self._removed = self._files = 0
        self._rest = b""
        self._paths_left = 0

    def take(self, part: bytes) -> None:
        """Adds up the next bytes. Raises TooMuchOutput for a path that no file system has."""
        *fields, self._rest = (self._rest + part).split(b"\0")
        if len(self._rest) > _MAX_PATH_BYTES:
            raise TooMuchOutput
        for field in fields:
            if self._paths_left:
                self._paths_left -= 1
            else:
                self._entry(field.lstrip(b"\n").split(b"\t", 2))

    def figures(self) -> Figures:
        """The sums of all that came."""
        return Figures(self._added, self._removed, self._files)

    def _entry(self, fields: Sequence[bytes]) -> None:
        if len(fields) != 3:
            return
        self._files += 1
        self._added += int(fields[0]) if fields[0] != b"-" else 0
        self._removed += int(fields[1]) if fields[1] != b"-" else 0
        self._paths_left = 0 if fields[2] else 2


def parse_numstat(output: bytes) -> Figures:
    """The sums of whole `--numstat -z` output."""
    sums = NumstatSums()
    sums.take(output)
    return sums.figures()


def _by_program(repository: Repository, commit_id: str, attributes: CommitAttributes) -> Figures:
    options = ["--first-parent", "-m", "-M", "--numstat", "-z", "--format=", "--no-ext-diff", "--no-textconv"]
    quiet = ["--no-show-signature", "--no-notes", "--no-color"]
    sums = NumstatSums()
    means.distrust()
    with attributes.worktree() as (folder, environment):
        program.stream(folder, ["show", *options, *quiet, commit_id, "--"], sums.take, environment=environment)
    return sums.figures()


def _by_libgit2(repository: Repository, commit: CommitInfo, attributes: CommitAttributes) -> Figures | None:
    """The figures, or None when git has to be asked."""
    libgit2 = repository.libgit2
    config = libgit2.config
    if any(name in config for name in _SETTINGS):
        return None
    changes = list(islice(tree_changes.of_commit(libgit2[commit.id].peel(pygit2.Commit)), MAX_FILES + 1))
    if len(changes) > MAX_FILES or not all(_is_plain(change) for change in changes):
        return None
    renamed = _exact_renames(changes)
    if renamed is None or _bytes(changes) > MAX_BYTES:
        return None
    return _sum(changes, renamed, by_path=not attributes.none or _other_attributes(repository))


def _other_attributes(repository: Repository) -> bool:
    """Whether attributes may be set elsewhere than in the working tree: for the repository, the user, the machine."""
    search_path: Any = pygit2.settings.search_path
    of_user = search_path[pygit2.GIT_CONFIG_LEVEL_XDG].split(":")
    of_machine = search_path[pygit2.GIT_CONFIG_LEVEL_SYSTEM].split(":")
    files = [repository.layout.common_dir / "info" / "attributes"]
    files += [Path(folder, "attributes") for folder in of_user if folder]
    files += [Path(folder, "gitattributes") for folder in of_machine if folder]
    return "core.attributesfile" in repository.libgit2.config or any(os.path.lexists(file) for file in files)


def _is_plain(change: TreeChange) -> bool:
    """Whether libgit2 counts the change as git does: no submodule, no change of type, a path that it takes."""
    types = {_type(entry) for entry in (change.before, change.after) if entry is not None}
    return len(types) == 1 and _SUBMODULE not in types and _name(change.path) is not None


def _name(path: bytes) -> str | None:
    """A path as libgit2 takes it to find its attributes; None for one that is not UTF-8."""
    try:
        return path.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _type(entry: Any) -> int:
    return int(entry.filemode) & 0o170000


def _exact_renames(changes: Iterable[TreeChange]) -> Counter[_Content] | None:
    """The contents that only changed their name, with how many files each; None when others may be alike."""
    added = Counter(_content(change.after) for change in changes if change.before is None)
    deleted = Counter(_content(change.before) for change in changes if change.after is None)
    same = added & deleted
    return None if added - same and deleted - same else same


def _content(entry: Any) -> _Content:
    # Only files of one type are renames of each other; the permission bits do not matter.
    return str(entry.id), _type(entry)


def _bytes(changes: Iterable[TreeChange]) -> int:
    total: int = 0
    for _, *entries in changes:
        total += sum(int(entry.size) for entry in entries if entry is not None)
        if total > MAX_BYTES:
            return total
    return total


def _sum(changes: Sequence[TreeChange], renamed: Counter[_Content], by_path: bool) -> Figures:
    added = removed = 0
    skip_added, skip_deleted = Counter(renamed), Counter(renamed)
    for change in changes:
        skip = skip_added if change.before is None else skip_deleted
        if change.before is None or change.after is None:
            content = _content(change.before or change.after)
            if skip[content] > 0:
                skip[content] -= 1
                continue
        more, fewer = _lines(change, by_path)
        added, removed = added + more, removed + fewer
    return Figures(added, removed, len(changes) - sum(renamed.values()))


def _lines(change: TreeChange, by_path: bool) -> tuple[int, int]:
    """The lines added and removed; of a binary file none. `by_path`: as its attributes say.

    For the attributes of a path libgit2 reads the whole index, which costs more than all else in a large repository.
    """
    old, new = change.before, change.after
    if not by_path:
        before, after = (b"" if blob is None else blob.data for blob in (old, new))
        patch = pygit2.Patch.create_from(before, after, context_lines=0)
    elif old is None:
        # A patch has attributes only with a blob on its old side, so a new file is counted as one removed.
        return _lines(TreeChange(change.path, new, None), by_path)[::-1]
    else:
        path = change.path.decode("utf-8")
        patch = pygit2.Patch.create_from(old, new, old_as_path=path, new_as_path=path, context_lines=0)
    if patch.delta.is_binary:
        return 0, 0
    _, more, fewer = patch.line_stats
    return int(more), int(fewer)
