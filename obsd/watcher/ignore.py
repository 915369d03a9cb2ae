"""Which files and folders of a workspace do not count.

Three lists, any of which hides a path: a built-in one for every folder, the `exclude` setting, and what git ignores
(`.gitignore` at every level, `.git/info/exclude`, the user's global excludes), which libgit2 answers. A tracked file
is never ignored, as in git: callers ask the index first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pygit2

VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".jj", ".bzr", "_darcs", "CVS"})

_EDITOR_FILES = re.compile(
    r"""
      .*~                           # emacs, vim and many others: backup
    | \#.*\#  | \.\#.*              # emacs: autosave, lock
    | \..*\.sw[a-z]                 # vim: swap
    | 4913                          # vim: tries whether it may create files
    | .*___jb_(?:tmp|old)___        # JetBrains: safe write
    | \.goutputstream-.{6}          # GLib: safe write
    | \.~lock\..*\#                 # LibreOffice: lock
    | .*\.kate-swp                  # kate: swap
    """,
    re.VERBOSE | re.DOTALL,
)


class Rules(Protocol):
    """Anything that answers for paths below the workspace."""

    def ignores(self, path: str) -> bool:
        """Whether `path` is ignored; a folder's ends in "/"."""


class Ignore:
    """The three lists together. Answers are for paths relative to the workspace, without a leading slash."""

    def __init__(self, exclude: Sequence[str], own: Sequence[str], scratch: Path, git: Rules | None) -> None:
        """`own` are folders of obsd's that lie in the workspace: watching what one writes oneself never ends."""
        self._exclude = Patterns(exclude, scratch) if exclude else None
        self._own = frozenset(own)
        self.git = git

    def folder(self, path: str) -> bool:
        """Whether the folder `path` is not watched."""
        return self.always(path) or path in self._own or self._listed(path + "/")

    def file(self, path: str) -> bool:
        """Whether the file `path` is not seen. Its folder is taken as one that is."""
        return self.always(path) or self._listed(path)

    def at_any_depth(self, path: str) -> bool:
        """Whether the file `path` is ignored, or a folder that it is in."""
        folders = (path[:at] for at, char in enumerate(path) if char == "/")
        return self.file(path) or any(self.folder(folder) for folder in folders)

    @staticmethod
    def always(path: str) -> bool:
        """Whether the built-in list has the path's last name."""
        name = path[path.rfind("/") + 1 :]
        return name in VERSION_CONTROL or _EDITOR_FILES.fullmatch(name) is not None

    def _listed(self, path: str) -> bool:
        if self._exclude is not None and self._exclude.ignores(path):
            return True
        return self.git is not None and self.git.ignores(path)


class Patterns:
    """Gitignore patterns of a setting, answered by libgit2 through an empty repository in a folder of our own."""

    def __init__(self, patterns: Sequence[str], scratch: Path, workdir: Path | None = None) -> None:
        empty = scratch / "empty"
        empty.mkdir(parents=True, exist_ok=True)
        repository = scratch / "rules.git"
        pygit2.init_repository(str(repository), bare=True)
        (repository / "info").mkdir(exist_ok=True)
        text = "\n".join(patterns) + "\n"
        (repository / "info" / "exclude").write_bytes(text.encode("utf-8", "surrogateescape"))
        self._repository = pygit2.Repository(str(repository))
        self._repository.workdir = str(workdir or empty)

    def ignores(self, path: str) -> bool:
        return bool(self._repository.path_is_ignored(matchable(path)))


def matchable(path: str) -> str:
    """`path` for libgit2's matcher, which takes UTF-8 alone: other bytes become U+FFFD, which `*` and `?` match."""
    if path.isascii():
        return path
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
