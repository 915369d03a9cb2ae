"""Whether hooks that were installed still report: another tool may write them anew, or somebody clone anew.

Owns when that is looked at, and the warning. It looks when something moved in the git directory, and asks git only when
the files are not as they were. On the event loop; the files are read in a worker thread.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from obsd.git import hook_install, hook_wish, layout
from obsd.git.hook_report import HOOKS, PREPARE
from obsd.health import Health
from obsd.workspaces.workspace import Workspace

CONDITION = "hooks_gone"

_Signature = tuple[tuple[int, int] | None, ...]


class HookChecks:
    """Raises and clears the warning of each workspace. `spool` is where hooks report to."""

    def __init__(self, health: Health, spool: Path) -> None:
        self._health = health
        self._spool = spool
        self._seen: dict[str, _Signature] = {}

    async def check(self, workspace: Workspace) -> None:
        """Looks at the hooks of a workspace, if their files have changed."""
        signature = await asyncio.to_thread(_signature, workspace.path, self._spool)
        if self._seen.get(workspace.path) == signature:
            return
        self._seen[workspace.path] = signature
        gone = await asyncio.to_thread(_gone, workspace.path, self._spool)
        if gone:
            self._health.raise_(CONDITION, workspace.name, hooks=", ".join(gone), name=workspace.name)
        else:
            self._health.clear(CONDITION, workspace.name)


def _gone(path: str, spool: Path) -> tuple[str, ...]:
    """The hooks that were installed on somebody's wish and do not report."""
    where = layout.find(path)
    if where is None or not hook_wish.wanted(spool, where.common_dir):
        return ()
    return hook_install.state(Path(path)).missing


def _signature(path: str, spool: Path) -> _Signature:
    where = layout.find(path)
    if where is None:
        return ()
    hooks = (where.common_dir / "hooks" / hook for hook in (*HOOKS, PREPARE))
    wanted = (1, 1) if hook_wish.wanted(spool, where.common_dir) else None
    return (wanted, *(_stamp(one) for one in (where.common_dir / "config", *hooks)))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns
