"""Git hooks for every repository of the user, from obsctl: installing, removing, and the proof that they report.

`obsd.git.hook_everywhere` owns the files and git's settings. It runs here, as the user who runs obsctl.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from obsctl import hooking
from obsctl.call import shown
from obsctl.checks import Finding
from obsd.errors import NotPermitted, ObsdError
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.client.client import Client

Document = dict[str, Any]


def act(client: Client, action: str) -> Document:
    """Installs or uninstalls, or only asks; returns what --json has of it. Errors: ObsdError."""
    from obsd.git import hook_everywhere

    spool = hooking.spool(client)
    try:
        if action == "install":
            changes = hook_everywhere.install(hooking.own_command(), spool, hooking.table(client))
        else:
            changes = hook_everywhere.uninstall(spool) if action == "uninstall" else []
    except OSError as error:
        what = f"the hooks cannot be written: {error.strerror}"
        raise NotPermitted("hooks_unwritable", what, "look at the permissions of the state folder") from error
    found = _state(client, spool)
    found["changes"] = [{"path": shown(path), "action": done, "line": None} for path, done in changes]
    return found


def _state(client: Client, spool: Path) -> Document:
    """How they are: `hooks`, and why they are not installed or do not report."""
    from obsd.git import hook_everywhere

    missing = hook_everywhere.missing(spool)
    found: Document = {"hooks": "absent" if missing else "installed", "detail": "", "probe": None, "changes": []}
    if missing:
        try:
            hook_everywhere.require()
        except ObsdError as error:
            return found | {"detail": printable(error.message)}
        some = f"not installed: {', '.join(missing)}; " if len(missing) < 4 else ""
        return found | {"detail": f"{some}`obsctl hooks install --global` installs them"}
    trouble = _probe(client, spool)
    return found | {"probe": trouble if trouble is None else printable(trouble) or "arrived"}


def _probe(client: Client, spool: Path) -> str | None:
    """What went wrong with a report that was sent through, "" if it arrived; None without a repository to try it in."""
    from obsd import rpc_encoding
    from obsd.git import hook_probe

    paths = [Path(rpc_encoding.fs_path(one.path)) for one in client.workspaces() if one.git]
    return hook_probe.probe_everywhere(paths[0], spool) if paths else None


def findings(client: Client) -> list[Finding]:
    """What `obsctl doctor` says of them: nothing where none is installed."""
    found = act(client, "status")
    name = "hooks of every repository"
    if found["hooks"] != "installed":
        return []
    if found["probe"] is None:
        return [Finding(name, "ok", "installed; without a workspace nothing can be sent through")]
    if found["probe"] != "arrived":
        return [Finding(name, "fail", found["probe"], "obsctl hooks install --global")]
    return [Finding(name, "ok", "installed, and a test report arrives")]
