"""Installing git hooks from obsctl: which obsctl a hook starts, which spool it writes to, and what was written.

`obsd.git.hook_install` writes the hooks. It runs here, as the user whose repository it is, and never in the
daemon.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obsctl.call import shown
from obsd import config
from obsd.errors import NotFound
from obsd.host import paths
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.client import Client
    from obsd.git.hook_install import HookChange
    from obsd.v1.workspace_pb2 import Workspace


def own_command() -> Path:
    """The obsctl that a hook starts: the one that runs now, by its absolute path. Errors: NotFound."""
    here = Path(sys.argv[0]).absolute()
    beside = Path(sys.executable).parent / "obsctl"
    for candidate in (here, beside, Path(shutil.which("obsctl") or "/")):
        if candidate.name == "obsctl" and candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise NotFound(
        "obsctl_not_found",
        "the command obsctl is not installed where a hook could start it",
        "install obsd (`pip install .` or the package), and run the installed obsctl",
    )


def spool(client: Client | None) -> Path:
    """Where the daemon takes reports from; without a daemon, the place of the common rule."""
    if client is None:
        return paths.spool_dir()
    from obsd import rpc_encoding

    told = client.status().spool_folder
    return Path(rpc_encoding.fs_path(told)) if told else paths.spool_dir()


def install(worktree: str, client: Client | None) -> list[HookChange]:
    """Installs the hooks of the working tree; what was written. Errors: ConfigError, NotFound and git's own."""
    from obsd.agents.table import AgentTable
    from obsd.git import hook_install

    table = AgentTable.build(config.load(_config_file(client)).agents)
    return hook_install.install(Path(worktree), own_command(), spool(client), table)


def _config_file(client: Client | None) -> Path | None:
    """The configuration in force: the agents that a user added leave marks, too."""
    if client is None:
        return paths.config_file(None)
    told = client.status().config_file
    return Path(told) if told else None


def uninstall(worktree: str, client: Client | None) -> list[HookChange]:
    """Takes the hooks away again; what was changed back."""
    from obsd.git import hook_install

    return hook_install.uninstall(Path(worktree), spool(client))


def sharing(worktree: str, others: Sequence[str]) -> list[str]:
    """Those of the other working trees whose hooks are the same files: linked worktrees have one folder of them."""
    from obsd.git import layout

    def common(path: str) -> str | None:
        found = layout.find(path)
        return os.path.realpath(found.common_dir) if found else None

    own = common(worktree)
    return [other for other in others if own is not None and common(other) == own]


def documents(changes: Sequence[HookChange]) -> list[dict[str, Any]]:
    """Changes for --json."""
    return [
        {"path": shown(change.path), "action": change.action, "line": printable(change.line) or None}
        for change in changes
    ]


def lines(changes: Sequence[HookChange]) -> list[str]:
    """Changes for a person, a line a file."""
    return [
        f"{change.action} {shown(change.path)}" + (f": {printable(change.line)}" if change.line else "")
        for change in changes
    ]


def state(worktree: str) -> tuple[str, str]:
    """installed, absent or foreign, and what is the matter."""
    from obsd.git import hook_install

    found = hook_install.state(Path(worktree))
    return found.state, found.detail


def probe(client: Client, workspace: Workspace) -> str:
    """Sends a report the way that a commit's goes, through the hook's script; what went wrong, empty if nothing."""
    from obsd import rpc_encoding
    from obsd.git import hook_probe

    return hook_probe.probe(Path(rpc_encoding.fs_path(workspace.path)), spool(client))
