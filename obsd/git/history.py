"""The commits of the last days, as `git log` has them. Blocking: for the daemon it runs in a reader."""

from __future__ import annotations

from obsd.git import layout, program
from obsd.git.repository import Repository

MAX_COMMITS = 2_000


def recent(path: str, since: float, until: float) -> list[str]:
    """The ids of the commits that HEAD leads to and that were made between two times, newest first; at most 2,000.

    Empty for a folder without a repository, or without a commit. Raises what running git raises.
    """
    where = layout.find(path)
    if where is None:
        return []
    if not Repository(where).head_now():
        return []
    bounds = (f"--since={int(since)}", f"--until={int(until)}", f"--max-count={MAX_COMMITS}")
    return program.run(where.worktree, ["log", "--format=%H", *bounds, "HEAD", "--"]).decode("ascii").split()
