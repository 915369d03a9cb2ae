"""`obsctl add-workspace PATH`: registers a folder, installs the hooks, and waits until it is watched.

The path is resolved here, in the user's view of the file system. Hooks are installed only after the daemon accepted the
folder.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from obsctl import arguments, confirmation, hooking, large_folders
from obsctl.call import Call
from obsctl.commands import wait
from obsd import amounts
from obsd.errors import ObsdError, TimedOut
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.client.client import Client
    from obsd.v1.workspace_pb2 import Workspace

DEFAULT_TIMEOUT_SECONDS = 60.0
MANY_FOLDERS = 10_000


def configure(parser: ArgumentParser) -> None:
    """Adds the folder, its name, and whether to install hooks."""
    parser.add_argument("path", metavar="PATH", type=arguments.given, help="the folder to watch")
    parser.add_argument(
        "--name", metavar="NAME", type=arguments.given, help="its short name (default: the name of the folder)"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask, however many folders it has")
    parser.add_argument(
        "--no-hooks", action="store_true", help="install no git hooks; obsd finds commits in the reflog"
    )


def run(call: Call) -> int:
    """Adds the workspace; returns 0 when it is watched (also in part), 1 when it cannot be."""
    _ask_about_size(call, os.path.realpath(call.args.path))
    deadline = time.monotonic() + call.timeout_seconds(DEFAULT_TIMEOUT_SECONDS)
    with call.client(DEFAULT_TIMEOUT_SECONDS) as client:
        answer = client.add_workspace(os.path.realpath(call.args.path), call.args.name or "")
        hooks = _install_hooks(call, client, answer.workspace)
        with _progress(call) as show:
            workspace = _until_watched(client, answer.workspace, deadline, show)
        recorded = answer.created and not call.json and _has_records(client)
    code = _report(call, workspace, answer.created, hooks)
    if recorded:
        call.note("`obsctl agents import` reads what agents did here before, from their own records, as history")
    return code


def _ask_about_size(call: Call, folder: str) -> None:
    """Asks before a folder that is no repository and has very many folders. Errors: not_agreed."""
    if (
        call.args.yes
        or os.path.exists(os.path.join(folder, ".git"))
        or not large_folders.has_more(folder, MANY_FOLDERS)
    ):
        return
    what = f"{printable(folder)} is no git repository and has more than {MANY_FOLDERS:,} folders"
    if not confirmation.can_ask():
        call.note(f"warning: {what}; `obsctl forget NAME` takes it back")
    elif not confirmation.agreed(f"{what}. Watch them all?"):
        raise confirmation.refused("nothing was added")


def _has_records(client: Client) -> bool:
    """Whether any agent has records on this machine."""
    return any(one.records.state in ("understood", "drifted") for one in client.agents().agents)


def _install_hooks(call: Call, client: Client, workspace: Workspace) -> dict[str, Any]:
    """Installs hooks in a repository; a failure is a warning, and the workspace stays: the reflog has the commits."""
    if call.args.no_hooks:
        return {"result": "not asked for", "changes": []}
    if not workspace.git:
        return {"result": "no git repository", "changes": []}
    worktree = os.path.realpath(call.args.path)
    try:
        changes = hooking.install(worktree, client)
    except ObsdError as error:
        if not call.json:
            call.note(f"warning: no hooks were installed: {printable(error.message)}")
            call.note(f"hint: {printable(error.hint) or 'obsd finds commits in the reflog instead'}")
        return {"result": "failed", "changes": [], "reason": error.reason, "message": printable(error.message)}
    if not call.json:
        for line in hooking.lines(changes):
            call.say(f"hook: {line}")
    state, detail = hooking.state(worktree)
    if detail and not call.json:
        call.note(f"warning: {printable(detail)}")
    return {"result": state, "changes": hooking.documents(changes)}


def _until_watched(
    client: Client, workspace: Workspace, deadline: float, show: Callable[[Workspace], None]
) -> Workspace:
    from obsd.v1 import workspace_pb2 as pb

    seen = workspace

    def starting() -> list[str]:
        nonlocal seen
        seen = client.workspace(workspace.name)
        show(seen)
        return [seen.name] if seen.state == pb.WORKSPACE_STATE_STARTING else []

    if wait.poll(starting, deadline):
        raise TimedOut(
            "wait_timeout",
            f"{workspace.name} is registered, and its first scan still runs",
            "the scan goes on: `obsctl wait` waits for it, `obsctl workspaces` shows it",
        )
    return seen


@contextmanager
def _progress(call: Call) -> Iterator[Callable[[Workspace], None]]:
    """Yields a function that shows the progress of the first scan on a terminal, and does nothing elsewhere."""
    if call.json or not sys.stderr.isatty():
        yield lambda workspace: None
        return
    from rich.console import Console

    console = Console(stderr=True, no_color=call.args.no_color, markup=False, highlight=False)
    with console.status("scanning the folder", spinner="dots") as status:
        yield lambda workspace: status.update(
            f"scanning the folder: {amounts.count(workspace.folders_scanned, 'folder')}"
        )


def _report(call: Call, workspace: Workspace, created: bool, hooks: dict[str, Any]) -> int:
    from obsctl import documents

    failed = documents.state(workspace) == "failed"
    if failed:
        raise ObsdError(
            "workspace_failed",
            f"{workspace.name} is registered, but cannot be watched: {printable(workspace.detail)}",
            f"obsd retries by itself; `obsctl remove-workspace {workspace.name}` removes it",
        )
    if call.json:
        call.document("add-workspace", workspace=documents.workspace(workspace), created=created, hooks=hooks)
        return 0
    if hooks["result"] == "no git repository":
        call.note("it is not a git repository: no hooks were installed, and there will be no commits")
    state = documents.state(workspace)
    folders = amounts.count(workspace.watches, "folder")
    again = "" if created else " (already registered)"
    call.say(f"{workspace.name}: {state}, {folders}{again}")
    if workspace.detail:
        call.note(f"warning: {printable(workspace.detail)}")
    return 0
