"""`obsctl remove-workspace NAME|PATH`: removes a workspace, and its hooks."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING, Any

from obsctl import arguments, hooking, naming
from obsctl.call import Call, shown
from obsd.errors import ObsdError
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.client.client import Client
    from obsd.v1.workspace_pb2 import Workspace


def configure(parser: ArgumentParser) -> None:
    """The workspace."""
    parser.add_argument(
        "workspace", metavar="NAME|PATH", type=arguments.given, help="the workspace, by its name or its folder"
    )


def run(call: Call) -> int:
    """Removes the workspace; its recorded facts stay until they expire."""
    from obsctl import documents

    with call.client() as client:
        removed, hooks = remove(call, client, naming.find(client, call.args.workspace).name)
    if call.json:
        call.document("remove-workspace", workspace=documents.workspace(removed), hooks=hooks)
        return 0
    call.say(f"{removed.name}: no longer watched")
    return 0


def remove(call: Call, client: Client, name: str) -> tuple[Workspace, list[dict[str, Any]]]:
    """Removes a workspace and its hooks; returns its last state, and the files that were removed."""
    from obsctl import documents

    removed = client.remove_workspace(name)
    others = [documents.unescaped(one) for one in client.workspaces() if one.git]
    worktree = documents.unescaped(removed)
    sharing = hooking.sharing(worktree, others)
    hooks = [] if sharing or not removed.git else _uninstall_hooks(call, worktree, client)
    if sharing and not call.json:
        call.note(f"its hooks stay: {shown(sharing[0])} is watched and uses them")
    return removed, hooks


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
