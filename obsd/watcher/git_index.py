"""What git knows of the workspace: ignore rules, the index, contents of blobs. Read-only; nothing is executed.

libgit2 refuses some repositories (partial clone, reftable, another owner). The index and the object store are
opened by themselves, so only `dirty` needs it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pygit2

from obsd.git import layout
from obsd.git.layout import Layout
from obsd.watcher.gitignore import Gitignore

_CLEAN_OR_STAGED = 0x1F
"""The GIT_STATUS_INDEX_* bits: these compare index and HEAD, and say nothing of the working tree."""


class GitFolders:
    """Where a workspace's git directory is: `git_dir` is the worktree's own, `common_dir` the repository's.

    `prefix` is the workspace's place in the working tree: empty, or "sub/folder/".
    """

    def __init__(self, root: Path, found: Layout) -> None:
        self.git_dir = found.git_dir
        self.common_dir = found.common_dir
        self.top = found.worktree
        self.prefix = "" if root == self.top else str(root.relative_to(self.top)) + "/"

    @classmethod
    def find(cls, root: Path) -> GitFolders | None:
        """The working tree that `root` is in, or None."""
        for top in (root, *root.parents):
            found = layout.find(top)
            if found is not None:
                return cls(root, found)
        return None


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


class GitView:
    """Read access to one working tree's repository."""

    def __init__(self, folders: GitFolders) -> None:
        self.folders = folders
        self._prefix = folders.prefix
        self._index = _open_index(folders.git_dir / "index")
        self._odb = _open_odb(folders.common_dir / "objects")
        self._tracked_folders: set[str] | None = None
        self._filters: bool | None = None
        self._kept = ("", b"")
        self._stamp = self._index_stamp()
        try:
            self._repository: pygit2.Repository | None = pygit2.Repository(str(folders.git_dir))
        except (pygit2.GitError, KeyError):
            self._repository = None
        lists = [str(folders.common_dir / "info" / "exclude"), _user_excludes(self._repository)]
        self._rules = Gitignore(str(folders.top), lists)

    def ignores(self, path: str) -> bool:
        """Whether git ignores `path` (a folder's ends in "/"), tracked or not."""
        return self._rules.ignores(self._prefix + path)

    def fresh_rules(self) -> None:
        """Ignore files may have changed."""
        self._rules.fresh()

    def rules_as_they_are(self) -> FrozenRules:
        """The rules of now, which stay as they are whatever changes on the disk."""
        return FrozenRules(self._prefix, self._rules.frozen())

    def refresh(self) -> bool:
        """Reads the index again if it changed since the last call; tells whether the number of its files did."""
        stamp = self._index_stamp()
        if stamp == self._stamp:
            return False
        before = self._entries()
        self._stamp = stamp
        self._tracked_folders = self._filters = None
        self._read_index()
        return self._entries() != before

    def _read_index(self) -> None:
        if self._index is None:
            self._index = _open_index(self.folders.git_dir / "index")
            return
        try:
            self._index.read(False)
        except (pygit2.GitError, OSError):
            self._index = None

    def _entries(self) -> int:
        return 0 if self._index is None else len(self._index)

    def tracked(self) -> Iterator[str]:
        """The files of the workspace that the index has."""
        start = len(self._prefix)
        for name in self._names():
            if name.startswith(self._prefix):
                yield name[start:]

    def entry_id(self, path: str) -> bytes | None:
        """The raw blob id that the index has for `path`; None for an untracked one."""
        if self._index is None:
            return None
        try:
            return bytes(self._index[self._prefix + path].id.raw)
        except (KeyError, ValueError):
            return None

    def tracks(self, path: str) -> bool:
        """Whether the index has `path`."""
        try:
            return self._index is not None and self._prefix + path in self._index
        except ValueError:  # a name that is not UTF-8 (UnicodeEncodeError)
            return False

    def tracks_below(self, folder: str) -> bool:
        """Whether the index has a file at any depth below `folder` ("a/b")."""
        if self._tracked_folders is None:
            self._tracked_folders = set(self._folders_of_index())
        return self._prefix + folder in self._tracked_folders

    def blob(self, raw_id: bytes) -> bytes | None:
        """The content with this blob id, if the repository has it. The caller bounds the size."""
        if self._odb is None or len(raw_id) != 20:
            return None
        try:
            _, data = self._odb.read(pygit2.Oid(raw=raw_id))
        except (KeyError, ValueError, pygit2.GitError):
            return None
        return bytes(data)

    def has_blob(self, raw_id: bytes) -> bool:
        """Whether the repository has that content."""
        return self._odb is not None and len(raw_id) == 20 and pygit2.Oid(raw=raw_id) in self._odb

    def keeps(self, path: str, raw_id: bytes) -> bool:
        """Whether the repository has that content, be it as what the index says of `path` or otherwise."""
        if self._kept != (path, raw_id):
            if self.entry_id(path) != raw_id and not self.has_blob(raw_id):
                return False
            self._kept = (path, raw_id)
        return True

    def stash_has(self, path: str, raw_id: bytes) -> bool:
        """Whether the newest stash took the untracked file at `path`, with this content, away."""
        if self._repository is None:
            return False
        try:
            stash: Any = self._repository.revparse_single("refs/stash")
            return bytes(_entry(stash.parents[2].tree, self._prefix + path).id.raw) == raw_id
        except (LookupError, ValueError, AttributeError, pygit2.GitError):
            return False

    def dirty(self) -> set[str] | None:
        """Tracked paths whose working file differs from the index, filters applied; None when nothing can tell."""
        if self._repository is None:
            return None
        try:
            status = self._repository.status(untracked_files="no", ignored=False)
        except (pygit2.GitError, OSError, ValueError):
            return None
        start = len(self._prefix)
        return {
            path[start:]
            for path, flags in status.items()
            if flags & ~_CLEAN_OR_STAGED and path.startswith(self._prefix)
        }

    def may_filter(self) -> bool:
        """Whether contents on disk can differ from their blobs (line ends, LFS): then blobs are no baseline."""
        if self._filters is None:
            self._filters = self._find_filters()
        return self._filters

    def _find_filters(self) -> bool:
        if (self.folders.common_dir / "info" / "attributes").exists():
            return True
        if self._repository is None or self._index is None:
            return True
        config = self._repository.config
        if any(key in config for key in ("core.autocrlf", "core.eol", "core.attributesfile")):
            return True
        if _user_file("attributes").exists():
            return True
        return any(name.rpartition("/")[2] == ".gitattributes" for name in self._names())

    def _names(self) -> Iterator[str]:
        if self._index is None:
            return
        for number in range(len(self._index)):
            try:
                entry: Any = self._index[number]
                yield entry.path
            except UnicodeDecodeError:  # pygit2 1.11 has no word for a name that is not UTF-8
                continue

    def _folders_of_index(self) -> Iterator[str]:
        last = ""
        for name in self._names():
            folder = name.rpartition("/")[0]
            if folder == last:
                continue
            last = folder
            while folder:
                yield folder
                folder = folder.rpartition("/")[0]

    def _index_stamp(self) -> tuple[int, int, int]:
        try:
            found = os.stat(self.folders.git_dir / "index")
        except OSError:
            return (0, 0, 0)
        return found.st_ctime_ns, found.st_size, found.st_ino


def _entry(tree: Any, path: str) -> Any:
    """What a pygit2.Tree has at `path`. Raises KeyError."""
    try:
        return tree[path]
    except TypeError:
        # pygit2 1.11 takes a name that is not UTF-8 as bytes, and later versions as text alone.
        return tree[os.fsencode(path)]


def _open_index(path: Path) -> pygit2.Index | None:
    """None for an index that libgit2 cannot read: sha256, split or sparse."""
    try:
        return pygit2.Index(str(path))
    except (pygit2.GitError, OSError):
        return None


def _open_odb(path: Path) -> pygit2.Odb | None:
    try:
        return pygit2.Odb(str(path))
    except (pygit2.GitError, OSError):
        return None


def _user_excludes(repository: pygit2.Repository | None) -> str:
    """The user's own ignore file: core.excludesFile, or git's default place."""
    try:
        config = pygit2.Config.get_global_config() if repository is None else repository.config
        return os.path.expanduser(str(config["core.excludesfile"]))
    except (OSError, KeyError, ValueError, pygit2.GitError):
        return str(_user_file("ignore"))


def _user_file(name: str) -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return Path(base, "git", name)
