"""Installing git hooks from obsctl: which obsctl a hook starts, which spool it writes to, and what was written.

`obsd.git.hook_install` writes the hooks. It runs here, as the user who runs obsctl, and never in the daemon.
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
    from obsd.agents.table import AgentTable
    from obsd.client.client import Client
    from obsd.git.hook_install import HookChange
    from obsd.v1.workspace_pb2 import Workspace


def own_command() -> Path:
    """Returns the obsctl that a hook starts: the one that runs now, by its absolute path. Errors: NotFound."""
    here = Path(sys.argv[0]).absolute()
    beside = Path(sys.executable).parent / "obsctl"
    for candidate in (here, beside, Path(shutil.which("obsctl") or "/")):
        if candidate.name == "obsctl" and candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise NotFound(
        "obsctl_not_found",
        "the command obsctl is not installed where a hook can start it",
        "install obsd (`pip install .` or the package), and run the installed obsctl",
    )


def spool(client: Client | None) -> Path:
    """Returns the daemon's spool; without a daemon the default."""
    if client is None:
        return paths.spool_dir()
    from obsd import rpc_encoding

    folder = client.status().spool_folder
    return Path(rpc_encoding.fs_path(folder)) if folder else paths.spool_dir()


def install(worktree: str, client: Client | None) -> list[HookChange]:
    """Installs the hooks of a working tree; returns what was written. Errors: ConfigError, NotFound and git's own."""
    from obsd.git import hook_install

    return hook_install.install(Path(worktree), own_command(), spool(client), table(client))


def table(client: Client | None) -> AgentTable:
    """Returns the agents whose markers hooks report. Errors: ConfigError."""
    from obsd.agents.table import AgentTable

    return AgentTable.build(config.load(_config_file(client)).agents)


def _config_file(client: Client | None) -> Path | None:
    """Returns the configuration in force: agents that a user added have markers too."""
    if client is None:
        return paths.config_file(None)
    file = client.status().config_file
    return Path(file) if file else None


def uninstall(worktree: str, client: Client | None) -> list[HookChange]:
    """Uninstalls the hooks; returns what was changed."""
    from obsd.git import hook_install

    return hook_install.uninstall(Path(worktree), spool(client))


def sharing(worktree: str, others: Sequence[str]) -> list[str]:
    """Returns the other working trees that use the same hook files: linked worktrees share one file."""
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
    """Returns changes for a person, one line per file."""
    return [
        f"{change.action} {shown(change.path)}" + (f": {printable(change.line)}" if change.line else "")
        for change in changes
    ]


def state(worktree: str) -> tuple[str, str]:
    """Returns installed, absent or foreign, and the problem."""
    from obsd.git import hook_install

    found = hook_install.state(Path(worktree))
    return found.state, found.detail


def probe(client: Client, workspace: Workspace) -> str:
    """Sends a test report through the hook script; returns what went wrong, or ""."""
    from obsd import rpc_encoding
    from obsd.git import hook_probe

    return hook_probe.probe(Path(rpc_encoding.fs_path(workspace.path)), spool(client))
