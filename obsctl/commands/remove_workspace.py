"""`obsctl remove-workspace NAME|PATH`: takes a folder off the register, and the hooks away."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING, Any

from obsctl import arguments, hooking, naming
from obsctl.call import Call, shown
from obsd.errors import ObsdError
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.client import Client


def configure(parser: ArgumentParser) -> None:
    """The workspace."""
    parser.add_argument(
        "workspace", metavar="NAME|PATH", type=arguments.given, help="the workspace, by its name or its folder"
    )


def run(call: Call) -> int:
    """Removes it; what the ledger recorded stays until it expires."""
    from obsctl import documents

    with call.client() as client:
        found = naming.find(client, call.args.workspace)
        removed = client.remove_workspace(found.name)
        others = [documents.unescaped(one) for one in client.workspaces() if one.git]
        worktree = documents.unescaped(removed)
        sharing = hooking.sharing(worktree, others)
        hooks = [] if sharing or not removed.git else _uninstall_hooks(call, worktree, client)
    if sharing and not call.json:
        call.note(f"its hooks stay: {shown(sharing[0])} is watched and has the same")
    if call.json:
        call.document("remove-workspace", workspace=documents.workspace(removed), hooks=hooks)
        return 0
    call.say(f"{removed.name}: no longer watched")
    return 0


def _uninstall_hooks(call: Call, worktree: str, client: Client) -> list[dict[str, Any]]:
    try:
        changes = hooking.uninstall(worktree, client)
    except ObsdError as error:
        call.note(f"warning: the hooks were not removed: {printable(error.message)}")
        if error.hint:
            call.note(f"hint: {printable(error.hint)}")
        return []
    if not call.json:
        for line in hooking.lines(changes):
            call.say(f"hook: {line}")
    return hooking.documents(changes)
