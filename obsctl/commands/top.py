"""`obsctl top`: recent activity by workspace, live on a terminal, once elsewhere."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import TYPE_CHECKING

from obsctl import arguments, listing, naming, render
from obsctl.call import Call

if TYPE_CHECKING:
    from obsctl.schema import activity
    from obsctl.top_screen import Choice
    from obsd.client.client import Client
    from obsd.v1.report_pb2 import RecentActivity, WorkspaceActivity

INTERVAL_SECONDS = 2.0
_QUIT = ("q", "Q", "\x04")


def configure(parser: ArgumentParser) -> None:
    """Adds what is shown, and how often."""
    parser.add_argument(
        "--workspace", metavar="NAME", type=arguments.given, help="start with this workspace (name or path)"
    )
    parser.add_argument(
        "--interval",
        metavar="SECONDS",
        type=_interval,
        default=INTERVAL_SECONDS,
        help="seconds between updates (%(default)s)",
    )
    parser.add_argument("--once", action="store_true", help="print once and end, also on a terminal")


def run(call: Call) -> int:
    """Shows recent activity until q is pressed; returns 0."""
    from obsctl.top_screen import Choice

    with call.client() as client:
        choice = Choice(workspace=naming.name(client, call.args.workspace))
        if call.json:
            call.document("top", **_document(client.recent_activity(choice.workspace)))
        elif call.args.once or not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
            _print(call, client.recent_activity(), choice)
        else:
            _live(call, client, choice)
    return 0


def _live(call: Call, client: Client, choice: Choice) -> None:
    from rich.console import Console
    from rich.live import Live

    from obsctl.keyboard import Keyboard
    from obsctl.top_screen import screen

    console = Console(no_color=not render.coloured(call.args.no_color), highlight=False, markup=False, emoji=False)
    with Live(console=console, screen=True, auto_refresh=False) as live, Keyboard() as keyboard:
        while True:
            recent = client.recent_activity()
            live.update(screen(recent, choice, console.size.width, console.size.height), refresh=True)
            key = keyboard.key(call.args.interval)
            if key in _QUIT:
                return
            if key in ("s", "S"):
                choice.next_order()
            elif key in ("w", "W"):
                choice.next_workspace(recent)


def _print(call: Call, recent: RecentActivity, choice: Choice) -> None:
    from obsctl import top_screen

    call.say(top_screen.headline(recent, choice))
    if recent.workspaces:
        listing.show(call, top_screen.COLUMNS, top_screen.rows(recent, choice))
    for line in top_screen.facts(recent, choice, 10):
        call.say(line)
    if hint := top_screen.nothing(recent):
        call.note(hint)


def _document(recent: RecentActivity) -> activity.Top:
    from obsctl import documents, recent_facts

    return {
        "at": documents.time(recent.at),
        "beat_seconds": recent.beat_seconds,
        "workspaces": [
            {
                "name": one.name,
                "state": one.state,
                "changes": list(one.changes),
                "lines": one.lines,
                "commits": one.commits,
                "last_at": documents.time(one.last_at) if one.HasField("last_at") else None,
                "session_started_at": _session(one),
                "agents": list(one.agents),
                "authors": [documents.share(each) for each in one.authors],
                "present": list(one.present),
                "anomaly_score": round(one.anomaly_score, 2),
            }
            for one in recent.workspaces
        ],
        "recent": recent_facts.with_authors([documents.event(event) for event in recent.recent]),
    }


def _session(one: WorkspaceActivity) -> str | None:
    from obsctl import documents

    return documents.time(one.session_started_at) if one.HasField("session_started_at") else None


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.2 <= seconds <= 3600:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds from 0.2 to 3600")
    return seconds
