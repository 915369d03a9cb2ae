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

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pygit2

from obsd.git import program, status
from obsd.git.commit_attributes import CommitAttributes, read_attributes
from obsd.git.repository import CommitInfo, Repository

MAX_FILES = 200
MAX_BYTES = 4 * 1024 * 1024

_INCLUDE_TYPECHANGE = 1 << 6
_ADDED, _DELETED, _MODIFIED = "A", "D", "M"
_SETTINGS = ("diff.algorithm", "diff.renamelimit", "diff.ignoresubmodules", "core.bigfilethreshold")


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
            figures = _by_libgit2(repository.libgit2, commit)
        except (pygit2.GitError, KeyError, ValueError, MemoryError):
            figures = None
        if figures is not None:
            return figures
    try:
        return _by_program(repository, commit.id, attributes)
    except program.GitFailed:
        # A partial clone need not have the blobs; the trees tell which files differ.
        return Figures(None, None, len(status.touched(repository, commit.id, renames=True)))


def parse_numstat(output: bytes) -> Figures:
    """The sums of `--numstat -z` output: `added TAB removed TAB path NUL`, with two paths behind for a rename."""
    added = removed = files = 0
    parts = iter(output.lstrip(b"\n").split(b"\0"))
    for part in parts:
        fields = part.split(b"\t", 2)
        if len(fields) != 3:
            continue
        files += 1
        added += int(fields[0]) if fields[0] != b"-" else 0
        removed += int(fields[1]) if fields[1] != b"-" else 0
        if not fields[2]:
            next(parts, None)
            next(parts, None)
    return Figures(added, removed, files)


def _by_program(repository: Repository, commit_id: str, attributes: CommitAttributes) -> Figures:
    options = ["--first-parent", "-m", "-M", "--numstat", "-z", "--format=", "--no-ext-diff", "--no-textconv"]
    quiet = ["--no-show-signature", "--no-notes", "--no-color"]
    with attributes.worktree() as (folder, environment):
        output = program.run(folder, ["show", *options, *quiet, commit_id, "--"], environment=environment)
    return parse_numstat(output)


def _by_libgit2(libgit2: Any, commit: CommitInfo) -> Figures | None:
    """The figures, or None when git has to be asked."""
    config = libgit2.config
    if any(name in config for name in _SETTINGS):
        return None
    diff = _diff(libgit2, commit)
    if len(diff) > MAX_FILES:
        return None
    deltas = list(diff.deltas)
    if any(delta.status_char() not in (_ADDED, _DELETED, _MODIFIED) or _is_submodule(delta) for delta in deltas):
        return None
    renamed = _exact_renames(deltas)
    if renamed is None or _bytes(libgit2, deltas) > MAX_BYTES:
        return None
    return _sum(diff, deltas, renamed)


def _diff(libgit2: Any, commit: CommitInfo) -> Any:
    tree = libgit2[commit.id].peel(pygit2.Tree)
    if not commit.parents:
        return tree.diff_to_tree(flags=_INCLUDE_TYPECHANGE, context_lines=0, swap=True)
    parent = libgit2[commit.parents[0]].peel(pygit2.Tree)
    return parent.diff_to_tree(tree, flags=_INCLUDE_TYPECHANGE, context_lines=0)


def _is_submodule(delta: Any) -> bool:
    return any(int(file.mode) & 0o170000 == 0o160000 for file in (delta.old_file, delta.new_file))


def _exact_renames(deltas: Iterable[Any]) -> Counter[tuple[str, int]] | None:
    """The contents that only changed their name, with how many files each; None when others may be alike."""
    added = Counter(_content(d.new_file) for d in deltas if d.status_char() == _ADDED)
    deleted = Counter(_content(d.old_file) for d in deltas if d.status_char() == _DELETED)
    same = added & deleted
    return None if added - same and deleted - same else same


def _content(file: Any) -> tuple[str, int]:
    # Only files of one type are renames of each other; the permission bits do not matter.
    return str(file.id), int(file.mode) & 0o170000


def _bytes(libgit2: Any, deltas: Iterable[Any]) -> int:
    total: int = 0
    for delta in deltas:
        for file in (delta.old_file, delta.new_file):
            if str(file.id).strip("0"):
                total += int(libgit2[file.id].size)
                if total > MAX_BYTES:
                    return total
    return total


def _sum(diff: Any, deltas: list[Any], renamed: Counter[tuple[str, int]]) -> Figures:
    added = removed = 0
    skip = {_ADDED: Counter(renamed), _DELETED: Counter(renamed)}
    for number, delta in enumerate(deltas):
        status = delta.status_char()
        content = _content(delta.new_file if status == _ADDED else delta.old_file)
        if status in skip and skip[status][content] > 0:
            skip[status][content] -= 1
            continue
        patch = diff[number]
        if patch is not None and not patch.delta.is_binary:
            _, more, fewer = patch.line_stats
            added, removed = added + more, removed + fewer
    return Figures(added, removed, len(deltas) - sum(renamed.values()))
