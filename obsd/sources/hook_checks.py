"""Checks that installed hooks still report: another tool may overwrite them, or a new clone may lack them.

Owns when that is checked, and the warning. It checks when something moved in the git directory, and runs git only when
the files have changed. On the event loop; the files are read in a worker thread, and git is run by a reader.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from obsd.git import hook_everywhere, hook_install, hook_wish, layout
from obsd.git.hook_report import HOOKS, PREPARE
from obsd.health import Health
from obsd.readers.pool import Git
from obsd.workspaces.workspace import Workspace

CONDITION = "hooks_gone"

_Signature = tuple[tuple[int, int] | None, ...]


class HookChecks:
    """Raises and clears the warning of each workspace. `spool` is the folder of hook reports."""

    def __init__(self, health: Health, spool: Path, git: Git) -> None:
        self._health = health
        self._spool = spool
        self._git = git
        self._seen: dict[str, _Signature] = {}

    async def check(self, workspace: Workspace) -> None:
        """Checks the hooks of a workspace, if their files have changed. Raises ObsdError."""
        signature = await asyncio.to_thread(_signature, workspace.path, self._spool)
        if self._seen.get(workspace.path) == signature:
            return
        wanted = await asyncio.to_thread(_are_wanted, workspace.path, self._spool)
        folder = Path(workspace.path)
        gone = (await self._git.run(workspace.path, hook_install.state, folder)).missing if wanted else ()
        self._seen[workspace.path] = signature
        if gone:
            self._health.raise_(CONDITION, workspace.name, hooks=", ".join(gone), name=workspace.name)
        else:
            self._health.clear(CONDITION, workspace.name)


def _are_wanted(path: str, spool: Path) -> bool:
    where = layout.find(path)
    return where is not None and hook_wish.wanted(spool, where.common_dir)


def _signature(path: str, spool: Path) -> _Signature:
    where = layout.find(path)
    if where is None:
        return ()
    hooks = (where.common_dir / "hooks" / hook for hook in (*HOOKS, PREPARE))
    wanted = (1, 1) if hook_wish.wanted(spool, where.common_dir) else None
    # Installed for every repository, they leave a script here.
    everywhere = spool / hook_everywhere.SCRIPTS / HOOKS[0]
    return (wanted, *(_stamp(one) for one in (where.common_dir / "config", everywhere, *hooks)))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_ino, found.st_ctime_ns
