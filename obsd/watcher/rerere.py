"""Resolutions that git replays (git-rerere(1)): written after a merge let go of the index, and in no object."""

from __future__ import annotations

import os

from obsd.watcher.git_index import GitFolders

_CLOSE_NS = 1_000_000_000
_MOST_RESOLUTIONS = 1000


def replayed(folders: GitFolders, found: os.stat_result) -> bool:
    """Whether a file in conflict was written in the moment in which git used a resolution: it then touches the
    resolution's `postimage`. One that somebody makes is recorded when the conflict is over."""
    cache = folders.common_dir / "rr-cache"
    try:
        names = os.listdir(cache)[:_MOST_RESOLUTIONS]
    except OSError:
        return False
    return any(_used(cache / name, found.st_mtime_ns) for name in names)


def _used(resolution: os.PathLike[str], written_ns: int) -> bool:
    try:
        used = os.stat(os.path.join(resolution, "postimage")).st_mtime_ns
    except OSError:
        return False
    return abs(used - written_ns) < _CLOSE_NS
