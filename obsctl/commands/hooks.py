"""`obsctl hooks install|uninstall|status`: the git hooks that report commits, for some workspaces, all, or with
`--global` once for every repository of the user."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING, Any

from obsctl import arguments, hooking, hooking_everywhere, naming
from obsctl.call import Call
from obsctl.commands import workspaces
from obsd.errors import InvalidRequest, ObsdError
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.client.client import Client
    from obsd.v1.workspace_pb2 import Workspace

Document = dict[str, Any]


def configure(parser: ArgumentParser) -> None:
    """The action, and the workspaces."""
    parser.add_argument(
        "action",
        choices=("install", "uninstall", "status"),
        help="install the hooks, uninstall them, or check them and send a test report through",
    )
    parser.add_argument(
        "workspaces",
        metavar="NAME|PATH",
        type=arguments.given,
        nargs="*",
        help="these workspaces, by name or folder (default: all)",
    )
    parser.add_argument(
        "--global",
        dest="everywhere",
        action="store_true",
        help="once for every repository, by your git configuration (git 2.54 and later)",
    )


def run(call: Call) -> int:
    """Acts on each workspace; returns 1 if one of them failed."""
    if call.args.everywhere:
        return _run_everywhere(call)
    with call.client() as client:
        wanted = [naming.find(client, text) for text in call.args.workspaces] or client.workspaces()
        if not wanted and not call.json:
            call.note(workspaces.NONE)
        done = [_act(client, call.args.action, one) for one in wanted]
    if call.json:
        call.document("hooks", action=call.args.action, workspaces=done, everywhere=None)
    else:
        for one in done:
            _show(call, one)
    return 1 if any(one["error"] for one in done) else 0


def _run_everywhere(call: Call) -> int:
    if call.args.workspaces:
        raise InvalidRequest("global_and_workspaces", "--global is for every repository", "leave the workspaces out")
    with call.client() as client:
        found = hooking_everywhere.act(client, call.args.action)
    if call.json:
        call.document("hooks", action=call.args.action, workspaces=[], everywhere=found)
    else:
        _show(call, {"name": "every repository", "error": None} | found)
    return 0 if found["probe"] in (None, "arrived") else 1


def _act(client: Client, action: str, workspace: Workspace) -> Document:
    from obsctl import documents

    found: Document = {"name": workspace.name, "path": workspace.path, "git": workspace.git}
    found |= {"changes": [], "error": None}
    if not workspace.git:
        return {**found, "hooks": "absent", "detail": "no git repository"}
    worktree = documents.unescaped(workspace)
    try:
        if action == "install":
            found["changes"] = hooking.documents(hooking.install(worktree, client))
        elif action == "uninstall":
            found["changes"] = hooking.documents(hooking.uninstall(worktree, client))
    except ObsdError as error:
        found["error"] = {"reason": error.reason, "message": printable(error.message), "hint": printable(error.hint)}
    state, detail = hooking.state(worktree)
    found |= {"hooks": state, "detail": printable(detail)}
    if action == "status" and state == "installed":
        trouble = hooking.probe(client, workspace)
        found["probe"] = printable(trouble) if trouble else "arrived"
        if trouble:
            found["error"] = {"reason": "probe_lost", "message": printable(trouble), "hint": "obsctl doctor"}
    return found


def _show(call: Call, found: Document) -> None:
    probe = f", a probe {found['probe']}" if found.get("probe") else ""
    detail = f": {found['detail']}" if found["detail"] else ""
    call.say(f"{found['name']}: {found['hooks']}{probe}{detail}")
    for change in found["changes"]:
        line = f": {change['line']}" if change["line"] else ""
        call.say(f"  {change['action']} {change['path']}{line}")
    if found["error"]:
        call.note(f"error: {found['name']}: {found['error']['message']}")
        if found["error"]["hint"]:
            call.note(f"hint: {found['error']['hint']}")
