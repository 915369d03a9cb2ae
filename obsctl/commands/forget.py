"""`obsctl forget NAME`: removes a workspace that was added by mistake, its hooks, and all that was recorded of it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING

from obsctl import arguments, confirmation, naming
from obsctl.call import Call
from obsctl.commands import remove_workspace
from obsd.errors import NoSuchWorkspace
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.client.client import Client

TIMEOUT_SECONDS = 600.0


def configure(parser: ArgumentParser) -> None:
    """The workspace."""
    parser.add_argument(
        "workspace", metavar="NAME", type=arguments.given, help="the workspace, which may be removed already"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(call: Call) -> int:
    """Deletes the record of a workspace, and of its linked worktrees. Errors: NoSuchWorkspace, not_agreed."""
    with call.client(TIMEOUT_SECONDS) as client:
        name = _name(client, call.args.workspace)
        if not call.args.yes:
            _ask(name or call.args.workspace)
        if name:
            remove_workspace.remove(call, client, name)
        names = client.forget_workspace(name or call.args.workspace)
    if call.json:
        call.document("forget", workspaces=names)
        return 0
    for each in names:
        call.say(f"{each}: forgotten")
    return 0


def _name(client: Client, text: str) -> str:
    """Returns the name of a registered workspace; empty where it is not registered any more."""
    try:
        return naming.find(client, text).name
    except NoSuchWorkspace:
        return ""


def _ask(name: str) -> None:
    what = f"all that was recorded of {printable(name)} is deleted for good, commits and sessions too"
    if not confirmation.can_ask() or not confirmation.agreed(f"{what}. Go on?"):
        raise confirmation.refused(f"nothing was deleted: {printable(name)} is kept")
