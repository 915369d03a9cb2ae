"""Which files and folders of a workspace do not count.

Three lists, any of which hides a path: a built-in one for every folder, the `exclude` setting, and what git ignores
(`.gitignore` at every level, `.git/info/exclude`, the user's global excludes). A tracked file is never ignored, as in
git: callers ask the index first.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Protocol

from obsd.watcher.gitignore import Gitignore
from obsd.watcher.temporary_names import HIDDEN, HIDDEN_FOLDERS

VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".jj", ".bzr", "_darcs", "CVS"})


class Rules(Protocol):
    """Anything that answers for paths below the workspace."""

    def ignores(self, path: str) -> bool:
        """Whether `path` is ignored; a folder's ends in "/"."""

    def fresh_rules(self) -> None:
        """The rules may have changed."""

    def rules_as_they_are(self) -> Rules:
        """The rules of now, which stay as they are whatever changes on the disk."""


class Ignore:
    """The three lists together. Answers are for paths relative to the workspace, without a leading slash."""

    def __init__(self, exclude: Sequence[str], own: Sequence[str], git: Rules | None) -> None:
        """`own` are folders of obsd's that lie in the workspace: watching what one writes oneself never ends."""
        self._exclude = Gitignore(None, lines=exclude) if exclude else None
        self._own = frozenset(own)
        self.git = git

    def fresh(self) -> None:
        """To be called before a round of questions: ignore files may have changed."""
        if self._exclude is not None:
            self._exclude.fresh()
        if self.git is not None:
            self.git.fresh_rules()

    def as_it_is(self) -> Ignore:
        """The rules of now, which stay as they are whatever changes on the disk."""
        made = copy(self)
        made.git = None if self.git is None else self.git.rules_as_they_are()
        return made

    def folder(self, path: str) -> bool:
        """Whether the folder `path` is not watched."""
        name = path[path.rfind("/") + 1 :]
        return self.always(path) or name in HIDDEN_FOLDERS or path in self._own or self._listed(path + "/")

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
        return name in VERSION_CONTROL or HIDDEN.fullmatch(name) is not None

    def _listed(self, path: str) -> bool:
        if self._exclude is not None and self._exclude.ignores(path):
            return True
        return self.git is not None and self.git.ignores(path)
