"""`obsctl`, `obsctl today`: a day or a week at a glance."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import date, datetime
from typing import TYPE_CHECKING

from obsctl import arguments, naming, render, times
from obsctl.call import Call

if TYPE_CHECKING:
    from obsd.client.client import Client
    from obsd.v1.day_pb2 import Day

TIMEOUT_SECONDS = 30.0
_PROMPT_LINES = 1
_DOCUMENT_SESSIONS = 50


def configure(parser: ArgumentParser) -> None:
    """Adds the day, and how much is shown."""
    parser.add_argument(
        "--date",
        metavar="DAY",
        type=arguments.day,
        help="another day: yesterday, monday, or a date such as 2026-05-04",
    )
    parser.add_argument("--week", action="store_true", help="the week of that day, compared with the week before")
    parser.add_argument("--workspace", metavar="NAME", type=arguments.given, help="only this workspace (name or path)")


def run(call: Call) -> int:
    """Shows a day; returns 0, also if nothing happened in it."""
    first = call.args.date or times.today()
    if call.args.week:
        first = times.week_of(first)
    with call.client(TIMEOUT_SECONDS) as client:
        day = fetch(client, naming.name(client, call.args.workspace), first, 7 if call.args.week else 1)
    if call.json:
        from obsctl import today_document

        call.document("today", **today_document.document(day))
        return 0
    show(call, day, first, call.args.week)
    return 0


def fetch(client: Client, workspace: str, first: date, days: int) -> Day:
    """Returns so many days from one on, compared with as many before. Errors: InvalidRequest."""
    begin, end = times.start(first), times.start(first + days * times.DAY)
    asked = {"since": begin, "before_since": times.start(first - days * times.DAY), "most_sessions": _DOCUMENT_SESSIONS}
    if end < datetime.now().timestamp():  # noqa: DTZ005 - only compared
        asked["until"] = end
    elif begin > datetime.now().timestamp():  # noqa: DTZ005
        asked["since"] = asked["until"] = begin
    return client.day(workspace, **asked)


def show(call: Call, day: Day, first: date, week: bool) -> None:
    """Prints a day, cut to the height of a terminal."""
    from obsctl import today_screen

    console = render.console(call.args.no_color)
    height = console.size.height - _PROMPT_LINES if sys.stdout.isatty() else 0
    begin = datetime(first.year, first.month, first.day)  # noqa: DTZ001 - only its date is written
    end = times.start(first + (7 if week else 1) * times.DAY)
    title = today_screen.day_title(day, begin, week)
    frame = today_screen.Frame(title, console.width, height, end)
    console.print(today_screen.screen(day, frame))
    if hint := today_screen.nothing(day):
        call.note(hint)
