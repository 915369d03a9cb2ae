"""The few settings of git's that matter here, also of a repository that libgit2 refuses. Read-only."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pygit2

_SYSTEM_LEVEL = 2
"""libgit2's git_config_level_t: system, XDG, global and local follow each other."""

_CONVERTING = ("core.autocrlf", "core.eol", "core.attributesfile")


class GitConfig:
    """The repository's settings over the user's and the system's."""

    def __init__(self, common_dir: Path, repository: pygit2.Repository | None, sound: bool) -> None:
        """The files of one that is not `sound` are not read: libgit2 would wait for a FIFO for ever."""
        self._config = pygit2.Config()
        # Their includes can be anything, and one that does not answer leaves no settings.
        with suppress(OSError, ValueError, MemoryError, pygit2.GitError):
            if repository is not None:
                self._config = repository.config
            elif sound:
                self._config = _config_of(common_dir)

    def ignores_case(self) -> bool:
        """Whether small and capital letters are the same (core.ignoreCase)."""
        try:
            return bool(self._config.get_bool("core.ignorecase"))
        except (KeyError, ValueError, OSError, pygit2.GitError):
            return False

    def excludes_file(self) -> str:
        """The user's own ignore file: core.excludesFile, or git's default place."""
        try:
            return os.path.expanduser(str(self._config["core.excludesfile"]))
        except (KeyError, ValueError, OSError, pygit2.GitError):
            return str(_user_file("ignore"))

    def converts(self) -> bool:
        """Whether contents on disk may differ from their blobs by settings, or by attributes of the user's."""
        with suppress(OSError, ValueError, pygit2.GitError):
            return any(key in self._config for key in _CONVERTING) or _user_file("attributes").exists()
        return True


def _config_of(common_dir: Path) -> pygit2.Config:
    config = pygit2.Config()
    home = os.path.expanduser("~")
    files = ("/etc/gitconfig", str(_user_file("config")), f"{home}/.gitconfig", str(common_dir / "config"))
    for level, file in enumerate(files, _SYSTEM_LEVEL):
        with suppress(OSError, ValueError, MemoryError, pygit2.GitError):
            config.add_file(file, level)
    return config


def _user_file(name: str) -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return Path(base, "git", name)
