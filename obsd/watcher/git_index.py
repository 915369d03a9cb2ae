"""What git knows of the workspace: ignore rules, the index, contents of blobs. Read-only; nothing is executed.

libgit2 refuses some repositories (partial clone, reftable, SHA-256, another owner). The index and the presence of
objects are read by ourselves, so that only contents and HEAD need it.
"""

from __future__ import annotations

import hashlib
import os
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pygit2

from obsd.git import layout, safe_directories
from obsd.git.layout import Layout, find_around
from obsd.git.means import find_fault
from obsd.git.reflog import Entry as Move
from obsd.watcher import file_state, index_file, interruption
from obsd.watcher.git_config import GitConfig
from obsd.watcher.git_head import GitHead, HeadEntry
from obsd.watcher.git_objects import GitObjects
from obsd.watcher.git_stash import GitStash
from obsd.watcher.gitignore import Gitignore
from obsd.watcher.index_file import Entry, IndexFile

_MOST_BEFORE = 3
_SHA256 = re.compile(r"^\s*objectformat\s*=\s*\"?sha256", re.IGNORECASE | re.MULTILINE)


class GitFolders:
    """Where a workspace's git directory is: `git_dir` is the worktree's own, `common_dir` the repository's.

    `prefix` is the workspace's place in the working tree: empty, or "sub/folder/".
    """

    def __init__(self, root: Path, found: Layout) -> None:
        self.git_dir = found.git_dir
        self.common_dir = found.common_dir
        self.top = found.worktree
        self.prefix = "" if root == self.top else str(root.relative_to(self.top)) + "/"
        self.found = found

    def sound(self) -> bool:
        """Whether git's files are such as libgit2 can open without waiting for ever."""
        return not find_fault(self.found)

    @classmethod
    def find(cls, root: Path) -> GitFolders | None:
        """The working tree that `root` is in, or None."""
        found = find_around(root, safe_directories.declared)
        return None if found is None else cls(root, found)


class FrozenRules:
    """Ignore rules as they once were, for paths below a prefix of the working tree."""

    def __init__(self, prefix: str, rules: Gitignore) -> None:
        self._prefix = prefix
        self._rules = rules

    def ignores(self, path: str) -> bool:
        """Whether `path` was ignored."""
        return self._rules.ignores(self._prefix + path)

    def fresh_rules(self) -> None:
        """They do not change."""

    def rules_as_they_are(self) -> FrozenRules:
        """These."""
        return self


class GitIndex:
    """Read access to one working tree's repository. Paths are the workspace's.

    Several states of the index are kept until the watcher is at rest: what git removed or wrote over is only in the
    one before. Without `objects` none of them is opened, and nothing is known of blobs: libgit2 crashed on them before.
    """

    def __init__(self, folders: GitFolders, objects: bool = True) -> None:
        self.folders = folders
        self.unreadable = ""
        self.silent = ""
        """Why no object is read any more; empty while they are."""
        self._prefix = folders.prefix
        self.reads_index: Callable[[], None] = lambda: None
        """Called before each read of the index."""

        sound = folders.sound()
        self._path = folders.git_dir / "index"
        self._sha256 = _SHA256.search(layout.read_pointer(folders.common_dir / "config") or "") is not None
        self._id_bytes = 32 if self._sha256 else 20
        self._stamp: tuple[int, int, int] | None = None
        self._indexes = [IndexFile(b"", self._id_bytes, array("Q"))]
        self._filters: bool | None = None
        self.objects = GitObjects(folders.common_dir / "objects")
        self._odb = _open_odb(folders.common_dir / "objects") if sound and objects else None
        repository = _open_repository(folders.git_dir) if sound and objects else None
        self.head = GitHead(repository, folders.found)
        self.stash = GitStash(repository, folders.found)
        self._config = GitConfig(folders.common_dir, repository, sound)
        lists = [str(folders.common_dir / "info" / "exclude"), self._config.excludes_file()]
        self._rules = Gitignore(str(folders.top), lists, fold=self._config.ignores_case())
        self.refresh()
        self.rest()

    # ----- ignore rules

    def ignores(self, path: str) -> bool:
        """Whether git ignores `path` (a folder's ends in "/"), tracked or not."""
        return self._rules.ignores(self._prefix + path)

    def fresh_rules(self) -> None:
        """Ignore files may have changed."""
        self._rules.fresh()

    def rules_as_they_are(self) -> FrozenRules:
        """The rules of now, which stay as they are whatever changes on the disk."""
        return FrozenRules(self._prefix, self._rules.frozen())

    # ----- the index

    def refresh(self) -> bool:
        """Reads the index again if it changed since the last call; returns whether files in it came or went."""
        stamp = file_state.stamp(self._path)
        if stamp == self._stamp:
            return False
        if any(stamp):
            self.reads_index()
        try:
            found = index_file.load(self._path, self._id_bytes, self._indexes[0])
        except (OSError, index_file.Unreadable) as error:
            self.unreadable = f"git's index cannot be read: {error}"
            return False
        before, self._stamp, self.unreadable = len(self._indexes[0]), stamp, ""
        self._filters = None
        self._indexes = [found, *self._indexes[:_MOST_BEFORE]]
        return len(found) != before if found.touched is None else bool(found.touched)

    def retracked(self) -> Iterator[str] | None:
        """The files of the workspace that came to the index or left it at the last `refresh`; None where only all of
        them are known."""
        touched = self._indexes[0].touched
        if touched is None or any(name.endswith(b"/") for name in touched):
            return None
        return self._below(touched)

    def rest(self) -> None:
        """All files are as they were scanned: what was before does not matter any more."""
        del self._indexes[1:]
        self._indexes[0].rest()
        self._filters = None
        self.stash.rest()

    def entry(self, path: str) -> Entry | None:
        """What the index has of `path` now, if it is tracked and in no conflict."""
        return self._indexes[0].entry(self._name(path))

    def entries(self, path: str) -> Iterator[Entry]:
        """What the index has of `path` now and had before, newest first."""
        name = self._name(path)
        return (entry for index in self._indexes if (entry := index.entry(name)) is not None)

    def only_stat_is_new(self, path: str) -> bool:
        """Whether the index was written anew, and means the same content as before."""
        entries = list(self.entries(path))
        return len(entries) > 1 and len({entry.blob_id for entry in entries}) == 1

    def tracks(self, path: str) -> bool:
        """Whether the index has `path`."""
        return self._indexes[0].has(self._name(path))

    def tracked_lately(self, path: str) -> bool:
        """Whether the index has `path`, or had it before."""
        name = self._name(path)
        return any(index.has(name) for index in self._indexes)

    def wants(self, path: str) -> bool:
        """Whether the index has `path` and says that it is on the disk: a sparse checkout leaves some out."""
        entry = self.entry(path)
        return self.tracks(path) and not (entry is not None and entry.skipped)

    def left_out(self, path: str) -> bool:
        """Whether a sparse checkout left out what was tracked at `path`."""
        name = self._name(path)
        entry = self._indexes[0].entry(name)
        return entry.skipped if entry is not None else self._indexes[0].in_sparse(name) and self.tracked_lately(path)

    def stash_entry(self, path: str, untracked: bool) -> bytes | None:
        """What the newest stash has at `path`, as its working tree or among its untracked files: a raw blob id."""
        return self.stash.entry(self._prefix + path, untracked)

    def stash_gives_back(self, path: str) -> bytes | None:
        """What the stash that was the newest at the last rest brings to `path`: a raw blob id."""
        return self.stash.gives_back(self._prefix + path)

    def unmerged(self, path: str) -> bool:
        """Whether the file is in conflict now."""
        return self._indexes[0].unmerged(self._name(path))

    def tracked(self) -> Iterator[str]:
        """The files of the workspace that the index has."""
        return self._below(self._indexes[0].names())

    def _below(self, names: Iterable[bytes]) -> Iterator[str]:
        start = len(self._prefix)
        for name in map(os.fsdecode, names):
            if name.startswith(self._prefix):
                yield name[start:]

    def tracks_below(self, folder: str) -> bool:
        """Whether the index has a file at any depth below `folder` ("a/b")."""
        return self._indexes[0].has_below(self._name(folder))

    @property
    def written_ns(self) -> int:
        """When the index was written (st_ctime)."""
        return 0 if self._stamp is None else self._stamp[0]

    # ----- contents

    @property
    def names_contents(self) -> bool:
        """Whether the blob ids are those of our snapshot: they are not where the repository uses SHA-256."""
        return not self._sha256

    def blob_id(self, data: bytes, content_id: bytes) -> bytes:
        """The raw blob id of `data` as this repository counts it; `content_id` is the one of SHA-1."""
        return hashlib.sha256(b"blob %d\0%b" % (len(data), data)).digest() if self._sha256 else content_id

    def blob(self, raw_id: bytes) -> bytes | None:
        """The content with this blob id, if the repository has it. The caller bounds the size."""
        odb = self._odb
        if odb is None or len(raw_id) != 20:
            return None
        try:
            _, data = interruption.again(lambda: odb.read(pygit2.Oid(raw=raw_id)))
        except (KeyError, ValueError, OSError, MemoryError, pygit2.GitError) as error:
            if interruption.ended(error):
                # One that waits is not the only one: each costs all files of the workspace a second.
                self.silent = f"git's objects are not read, because one does not answer: {error}"
                self._odb = None
            return None
        return bytes(data)

    def has_blob(self, raw_id: bytes) -> bool:
        """Whether the repository has that content."""
        return len(raw_id) == self._id_bytes and self.objects.since_ns(raw_id) is not None

    def head_entry(self, path: str, commits: Iterable[str] = ()) -> HeadEntry:
        """What HEAD had of `path` at the last rest, and the `commits` since then."""
        return self.head.entry(self._prefix + path, commits)

    def took_away(self, path: str, moves: Sequence[Move]) -> Move | None:
        """The newest move of HEAD from a commit that has `path` to one that has it not."""
        name = self._prefix + path
        return next(
            (move for move in reversed(moves) if self.head.has(move.old, name) and not self.head.has(move.new, name)),
            None,
        )

    def in_head_now(self, path: str) -> bool:
        """Whether the commit that HEAD names at this moment has `path`."""
        return self.head.has_now(self._prefix + path)

    def may_filter(self) -> bool:
        """Whether contents on disk can differ from their blobs (line ends, LFS): then blobs are no baseline."""
        if self._filters is None:
            self._filters = self._find_filters()
        return self._filters

    def _find_filters(self) -> bool:
        if (self.folders.common_dir / "info" / "attributes").exists():
            return True
        if self._config.converts():
            return True
        return any(index.mentions(b".gitattributes") for index in self._indexes)

    def _name(self, path: str) -> bytes:
        return os.fsencode(self._prefix + path)


def _open_repository(git_dir: Path) -> pygit2.Repository | None:
    try:
        return pygit2.Repository(str(git_dir))
    except (pygit2.GitError, KeyError, OSError, MemoryError):
        return None


def _open_odb(path: Path) -> pygit2.Odb | None:
    try:
        return pygit2.Odb(str(path))
    except (pygit2.GitError, OSError):
        return None
