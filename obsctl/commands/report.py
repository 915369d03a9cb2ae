"""`obsctl report`: what happened since a time, on one screen or in a file."""

from __future__ import annotations

import math
import os
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from obsctl import arguments, listing, local_zone, naming
from obsctl.call import Call, shown

if TYPE_CHECKING:
    from obsctl.report_by_author import Sums
    from obsctl.report_html_record import Record
    from obsd.client.client import Client
    from obsd.v1.agents_pb2 import AgentSession
    from obsd.v1.report_pb2 import Report

TIMEOUT_SECONDS = 30.0
MOST_SESSIONS = 10
_USUAL_SECONDS = 8 * 86_400
_MAX_SECONDS = 10 * 366 * 86_400
"""How far a report goes back by default, and at most, with some margin."""
_MAX_LANES_SECONDS = 366 * 86_400
"""Longest time of which there are time lines."""
_STANDARD_OUTPUT = "-"


def configure(parser: ArgumentParser) -> None:
    """Adds the scope of the report, and its form."""
    parser.add_argument(
        "--since",
        metavar="TIME",
        type=arguments.since,
        help="the start: 7d (default), 2h, 90d, yesterday, monday, or a date",
    )
    parser.add_argument(
        "--until", metavar="TIME", type=arguments.until, help="the end (default: now); of a day, its end"
    )
    parser.add_argument("--workspace", metavar="NAME", type=arguments.given, help="only this workspace (name or path)")
    parser.add_argument(
        "--agent", metavar="ID", type=arguments.given, help='only this agent ("unknown": none is known)'
    )
    parser.add_argument(
        "--by", choices=("author",), help="name the authors of commits, and who wrote their lines; else none is named"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print Markdown, for a stand-up or a pull request")
    form.add_argument(
        "--html", metavar="FILE", type=arguments.given, help="write one self-contained page with plots (-: to stdout)"
    )


def run(call: Call) -> int:
    """Prints or writes a report."""
    from obsctl import agent_documents, report_document
    from obsd import rpc_encoding

    args = call.args
    _check(args)
    with call.client(TIMEOUT_SECONDS) as client:
        name = naming.name(client, args.workspace)
        zone = _utc_offsets(args.since, args.until)
        report = client.report(name, args.agent or "", args.since, zone, args.until)
        record = _record(client, report) if args.html else None
        named = _named(client, report) if args.by else None
        declared = client.agent_sessions(name, rpc_encoding.unix_seconds(report.since), MOST_SESSIONS)
    ended = rpc_encoding.unix_seconds(report.until)
    said = [
        one
        for one in declared
        if args.agent in (None, one.agent) and rpc_encoding.unix_seconds(one.started_at) <= ended
    ]
    if args.html:
        return _html(call, report, record)
    if call.json:
        own = [agent_documents.session(one) for one in said]
        call.document("report", **report_document.document(report), agent_sessions=own, **_by(named))
    elif args.markdown:
        from obsctl import report_markdown

        headings = [one.heading for one in agent_documents.COLUMNS]
        call.say(report_markdown.document(report, headings, agent_documents.rows(said)).rstrip("\n"))
    elif report_document.is_empty(report):
        call.note(report_document.why_empty(report))
    else:
        from obsctl import report_text

        report_text.show(call, report)
        _show_named(call, named or [])
        _show_said(call, said[:5])
    return 0


def _check(args: Namespace) -> None:
    if args.by and (args.html or args.markdown):
        from obsd.errors import InvalidRequest

        raise InvalidRequest("bad_request", "--by author is for the terminal and --json alone", "leave out the form")


def _show_said(call: Call, said: list[AgentSession]) -> None:
    if said:
        from obsctl import agent_documents

        call.say()
        listing.show(call, agent_documents.COLUMNS, agent_documents.rows(said))


def _show_named(call: Call, named: list[Sums]) -> None:
    if named:
        from obsctl import report_by_author

        call.say()
        listing.show(call, report_by_author.COLUMNS, report_by_author.rows(named))


def _named(client: Client, report: Report) -> list[Sums]:
    """The sums of the commits' authors."""
    from obsctl import report_by_author
    from obsd import rpc_encoding

    since, until = map(rpc_encoding.unix_seconds, (report.since, report.until))
    return report_by_author.sums(client.commits(report.workspace, 0, report.agent, since, until).commits)


def _by(named: list[Sums] | None) -> dict[str, object]:
    from obsctl import report_by_author

    return {} if named is None else {"by_author": report_by_author.document(named)}


def _record(client: Client, report: Report) -> Record:
    """What a page has beside the sums."""
    from obsctl.report_html_record import MOST_ROWS, Record
    from obsd import rpc_encoding

    name, since, until = report.workspace, *map(rpc_encoding.unix_seconds, (report.since, report.until))
    return Record(
        client.sessions(name, MOST_ROWS, since, until, report.agent).sessions,
        client.commits(name, MOST_ROWS, report.agent, since, until).commits,
        client.day(name, since=since, until=until) if until - since <= _MAX_LANES_SECONDS else None,
    )


def _html(call: Call, report: Report, record: Record | None) -> int:
    from obsctl import report_html

    page = report_html.document(report, record)
    if call.args.html == _STANDARD_OUTPUT:
        call.say(page.rstrip("\n"))
        return 0
    path = Path(call.args.html)
    # Atomically, so that a browser never loads half a page.
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(page, "utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _unwritable(path, error) from error
    if call.json:
        call.document("report", html=shown(path.absolute()))
    else:
        call.note(f"written: {shown(path.absolute())}")
    return 0


def _unwritable(path: Path, error: OSError) -> Exception:
    from obsd.errors import ObsdError

    text = f"the report cannot be written to {shown(path)}: {error.strerror}"
    return ObsdError("report_unwritable", text, "give a file in a folder that exists and that you can write to")


def _utc_offsets(since: float | None, until: float | None) -> list[tuple[float, int]]:
    end = min(time.time(), until or math.inf)
    return local_zone.offsets(end - _USUAL_SECONDS if since is None else max(since, end - _MAX_SECONDS), end)
