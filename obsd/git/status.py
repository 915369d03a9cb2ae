"""The state of a working tree: what differs from HEAD, its upstream, its default branch, what a commit touched.

Owns the git queries of workflow rules. Blocking; worker threads only. `git status` runs the filters that a
repository's own configuration names, so it gets another git directory, whose configuration is written here: it has no
filter, no hook and no fsmonitor, whatever the watched one contains or changes to.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pygit2

from obsd.git import means, program, tree_changes
from obsd.git.layout import Layout, head_id
from obsd.git.program import GitFailed
from obsd.git.repository import Repository
from obsd.git.tree_changes import TreeChange

STATUS_SECONDS = 20.0

_COPIED = (
    r"^(core\.(autocrlf|eol|safecrlf|ignorecase|filemode|symlinks|excludesfile|sparsecheckout|sparsecheckoutcone)"
    r"|extensions\.objectformat)$"
)
"""Settings that decide how files are compared and what is ignored, and that run nothing."""
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_QUIET = ("--no-show-signature", "--no-notes", "--no-color", "--no-ext-diff", "--no-textconv")


@dataclass(frozen=True, slots=True)
class Upstream:
    """The commits of the branch's upstream that HEAD lacks, as last fetched; `name` is empty where there is none."""

    behind: int = 0
    name: str = ""
    id: str = ""


def uncommitted(layout: Layout) -> frozenset[str]:
    """Returns the paths that differ from HEAD, in the index or on disk, with untracked ones, without submodules' files.

    Raises ObsdError.
    """
    with tempfile.TemporaryDirectory(prefix="obsd-status-") as folder:
        private = Path(folder)
        _prepare(layout, private)
        output = program.run(
            layout.worktree,
            [
                "status",
                "--porcelain",
                "-z",
                "--untracked-files=all",
                "--no-renames",
                "--ignore-submodules=dirty",
            ],
            timeout_seconds=STATUS_SECONDS,
            environment={
                "GIT_DIR": folder,
                "GIT_WORK_TREE": os.fspath(layout.worktree),
                "GIT_INDEX_FILE": os.fspath(layout.git_dir / "index"),
                "GIT_OBJECT_DIRECTORY": os.fspath(layout.common_dir / "objects"),
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
            },
        )
    paths = (os.fsdecode(entry[3:]) for entry in output.split(b"\0") if len(entry) > 3)
    # A folder here is a nested repository, whose files do not belong to this one.
    return frozenset(path for path in paths if not path.endswith("/"))


class Touched(NamedTuple):
    """The paths that a commit changed, both of a rename; `same` are those whose content did not change:

    the two paths of a pure rename, and a file of which only the mode changed.
    """

    paths: tuple[str, ...] = ()
    same: frozenset[str] = frozenset()


class _Change(NamedTuple):
    """The change of one path: ids of the contents, of zeros where there is none."""

    path: str
    before: str
    after: str


def contents(repository: Repository, commit_id: str) -> Touched:
    """Returns what a commit changed against its first parent. Raises ObsdError."""
    libgit2 = repository.libgit2
    if libgit2 is not None:
        with suppress(pygit2.GitError, KeyError, ValueError):
            changes = sorted(tree_changes.of_commit(libgit2[commit_id].peel(pygit2.Commit)), key=_by_path)
            return _touched([_Change(os.fsdecode(one.path), one.before_id, one.after_id) for one in changes])
        means.distrust()
    options = ["--first-parent", "-m", "--raw", "--no-abbrev", "-z", "--format=", "--no-renames", *_QUIET]
    output = program.run(repository.layout.worktree, ["show", *options, commit_id, "--"])
    fields = output.lstrip(b"\n").split(b"\0")
    return _touched([_of_raw(raw, path) for raw, path in zip(fields[::2], fields[1::2], strict=False)])


def upstream(layout: Layout) -> Upstream:
    """Returns how far HEAD is behind its upstream; nothing is fetched. Raises ObsdError."""
    try:
        tip = _line(layout, "rev-parse", "--verify", "-q", "@{upstream}")
    except GitFailed:
        return Upstream()
    behind = int(_line(layout, "rev-list", "--count", f"HEAD..{tip}", "--") or 0)
    name = _line(layout, "rev-parse", "--abbrev-ref", "@{upstream}") if behind else ""
    return Upstream(behind, name, tip)


def default_branch(layout: Layout) -> str:
    """Returns the branch that origin/HEAD names, else init.defaultBranch, main or master, if it exists; or ""."""
    with suppress(GitFailed):
        return _line(layout, "symbolic-ref", "-q", "--short", "refs/remotes/origin/HEAD").partition("/")[2]
    wanted = ["main", "master"]
    with suppress(GitFailed):
        wanted.insert(0, _line(layout, "config", "--get", "init.defaultBranch"))
    refs = [f"refs/heads/{name}" for name in wanted]
    found = _line(layout, "for-each-ref", "--format=%(refname)", *refs).split("\n")
    return next((name for name, ref in zip(wanted, refs, strict=True) if ref in found), "")


def touched(repository: Repository, commit_id: str, *, renames: bool = False) -> tuple[str, ...]:
    """Returns the paths that a commit changed against its first parent, both of a rename. Raises ObsdError.

    With `renames`, a file that only changed its name is one path.
    """
    libgit2 = repository.libgit2
    if libgit2 is not None and not renames:
        with suppress(pygit2.GitError, KeyError, ValueError):
            changes = sorted(tree_changes.of_commit(libgit2[commit_id].peel(pygit2.Commit)), key=_by_path)
            return tuple(dict.fromkeys(os.fsdecode(change.path) for change in changes))
        means.distrust()
    found = "-M100%" if renames else "--no-renames"
    options = ["--first-parent", "-m", "--name-only", "-z", "--format=", found, *_QUIET]
    output = program.run(repository.layout.worktree, ["show", *options, commit_id, "--"])
    return tuple(os.fsdecode(path) for path in output.lstrip(b"\n").split(b"\0") if path)


def _line(layout: Layout, *arguments: str) -> str:
    output = program.run(layout.worktree, list(arguments), timeout_seconds=STATUS_SECONDS)
    return os.fsdecode(output).rstrip("\n")


def _by_path(change: TreeChange) -> bytes:
    return change.path


def _of_raw(raw: bytes, path: bytes) -> _Change:
    """A record of `--raw -z`: ":<mode> <mode> <id> <id> <status>", then the path."""
    _, _, before, after, *_ = raw.decode("ascii").split(" ")
    return _Change(os.fsdecode(path), before, after)


def _touched(changes: Sequence[_Change]) -> Touched:
    gone = {change.before for change in changes if not change.after.strip("0")}
    come = {change.after for change in changes if not change.before.strip("0")}
    moved = gone & come
    same = (change.path for change in changes if change.before == change.after or {change.before, change.after} & moved)
    return Touched(tuple(dict.fromkeys(change.path for change in changes)), frozenset(same))


def _prepare(layout: Layout, private: Path) -> None:
    """A git directory with the repository's HEAD and nothing that runs."""
    (private / "refs").mkdir()
    head = "" if layout.reftable else head_id(layout)
    head = head if _ID.fullmatch(head) else Repository(layout).head()
    (private / "HEAD").write_text(f"{head}\n" if head else "ref: refs/heads/unborn\n")
    (private / "config").write_bytes(_config(layout))
    (private / "info").mkdir()
    with suppress(OSError):
        os.symlink(layout.common_dir / "info" / "exclude", private / "info" / "exclude")
    with suppress(OSError):
        for name in os.listdir(layout.git_dir):
            if name.startswith("sharedindex."):
                os.symlink(layout.git_dir / name, private / name)


def _config(layout: Layout) -> bytes:
    try:
        listed = program.run(layout.worktree, ["config", "-z", "--get-regexp", _COPIED])
    except GitFailed:
        listed = b""  # none of them is set
    lines = [b"[core]\n\trepositoryformatversion = 1\n\tbare = false\n"]
    for entry in listed.split(b"\0"):
        key, _, value = entry.partition(b"\n")
        section, _, name = key.partition(b".")
        if name:
            quoted = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
            lines.append(b'[%s]\n\t%s = "%s"\n' % (section, name, quoted))
    return b"".join(lines)
