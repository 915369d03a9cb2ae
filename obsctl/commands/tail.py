"""`obsctl tail`: facts as they are recorded, until interrupted."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from typing import TYPE_CHECKING

from obsctl import arguments, naming, render
from obsctl.call import Call, to_json
from obsctl.fact_lines import line, who_wrote
from obsd import api_socket
from obsd.errors import DaemonUnreachable

if TYPE_CHECKING:
    from obsctl.tail_screen import TailScreen


def configure(parser: ArgumentParser) -> None:
    """Filters."""
    parser.add_argument(
        "--workspace",
        metavar="NAME",
        type=arguments.given,
        help="only facts of this workspace (name or path)",
    )
    parser.add_argument(
        "--kind",
        metavar="KIND",
        action="append",
        default=[],
        help="only facts of this kind, such as FileChanged or CommitMade (can be repeated)",
    )


def run(call: Call) -> int:
    """Shows facts until the daemon stops (3) or the user does (130)."""
    from obsctl import documents

    with call.client() as client:
        name = naming.name(client, call.args.workspace)
        author, screen = None, _screen(call)
        for event in client.watch(name, call.args.kind):
            document = documents.event(event)
            if call.json:
                print(to_json(document), flush=True)
                continue
            if screen is not None:
                print(screen.text(document, event.at.seconds), end="", flush=True)
                continue
            before, author = author, who_wrote(document)
            if author is None or author != before:
                print(line(document, event.at.seconds), flush=True)
    raise DaemonUnreachable("daemon_stopped", "the daemon stopped", api_socket.START_HINT)


def _screen(call: Call) -> TailScreen | None:
    """Returns what writes lines again, on a terminal that can move its cursor; None elsewhere."""
    if call.json or not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return None
    from obsctl.tail_screen import TailScreen

    return TailScreen(render.console(call.args.no_color).width)
