"""Which repositories of other users the user declared safe, by git's own configuration. Owns reading safe.directory.

libgit2 reads the files: the user's and the system's, none of a repository. Children only.
"""

from __future__ import annotations

import pygit2


def declared() -> list[str]:
    """The values of safe.directory, in the order in which they count (git-config(1))."""
    found: list[str] = []
    for ask in (pygit2.Config.get_system_config, pygit2.Config.get_global_config):
        try:
            found += (value or "" for value in ask().get_multivar("safe.directory"))
        except (OSError, KeyError, ValueError, pygit2.GitError):
            continue
    return found
