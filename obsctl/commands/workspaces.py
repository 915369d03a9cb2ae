"""`obsctl workspaces`: the workspaces, and the state of their watchers."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import TYPE_CHECKING

from obsctl import listing, render
from obsctl.call import Call
from obsctl.columns import Column

if TYPE_CHECKING:
    from obsd.v1.workspace_pb2 import Workspace

_COLUMNS = (
    Column("NAME", least=8),
    Column("STATE"),
    Column("WATCHES", rank=2, right=True),
    Column("HOOKS", rank=1),
    Column("PATH", least=12, from_left=True),
)
_USUAL = ("start", "rules", "requested")
NONE = "no workspace is registered: `obsctl add-workspace PATH` adds one"


def configure(parser: ArgumentParser) -> None:
    """No arguments of its own."""


def run(call: Call) -> int:
    """Lists all workspaces."""
    from obsctl import documents

    with call.client() as client:
        found = client.workspaces()
    if call.json:
        call.document("workspaces", workspaces=[documents.workspace(one) for one in found])
        return 0
    show(call, found)
    return 0


def show(call: Call, found: Sequence[Workspace]) -> None:
    """Prints a table of workspaces, and below it their problems."""
    from obsctl import documents

    if not found:
        call.note(NONE)
        return
    rows = [(w.name, documents.state(w), w.watches, documents.hooks(w) if w.git else "-", w.path) for w in found]
    listing.show(call, _COLUMNS, rows)
    for one in found:
        if one.detail:
            call.say(f"{one.name}: {one.detail}")
        if one.last_rescan.reason not in ("", *_USUAL):
            call.say(f"{one.name}: {_rescan(one)}")


def _rescan(workspace: Workspace) -> str:
    from obsd import rpc_encoding

    last = workspace.last_rescan
    when = render.local(rpc_encoding.unix_seconds(last.at))
    return f"rescanned at {when} ({last.reason}), in {last.duration_seconds:.2f} s: {last.differences} differences"
