"""`obsctl status`: what is going on, then the state of the daemon and its workspaces."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import TYPE_CHECKING

from obsctl import render, times
from obsctl.call import Call
from obsctl.commands import today, workspaces
from obsd import amounts
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.client.client import Client
    from obsd.v1.daemon_pb2 import GetStatusResponse
    from obsd.v1.day_pb2 import Day


def configure(parser: ArgumentParser) -> None:
    """No arguments of its own."""


def run(call: Call) -> int:
    """Shows the daemon's status; returns 0 even if there are warnings."""
    from obsctl import documents

    with call.client() as client:
        status = client.status()
        day = None if call.json else _today(client)
    if call.json:
        call.document("status", **documents.status(status))
        return 0
    if day is not None and status.workspaces:
        _show_work(call, day)
    _show_daemon(call, status)
    _show_warnings(call, status)
    call.say()
    workspaces.show(call, status.workspaces)
    return 0


def _today(client: Client) -> Day | None:
    """Returns the day so far; None where the record cannot be read, which a warning says."""
    from obsd.errors import ObsdError

    try:
        return today.fetch(client, "", times.today(), 1)
    except ObsdError:
        return None


def _show_work(call: Call, day: Day) -> None:
    from obsctl import today_screen

    console = render.console(call.args.no_color)
    console.print(today_screen.summary(day, console.width))
    call.say()


def _show_daemon(call: Call, status: GetStatusResponse) -> None:
    from obsd import rpc_encoding

    up = time.time() - rpc_encoding.unix_seconds(status.up_since)
    since = f"up {amounts.duration(up)}" if status.HasField("up_since") else "starting"
    call.say(f"obsd {status.version}, process {status.pid}, {since}")
    lines = (
        ("metrics", status.metrics_url or "not served"),
        ("socket", status.socket),
        ("config", status.config_file or "none, all defaults"),
        ("ledger", f"{status.ledger_file} ({amounts.size(status.ledger_bytes)})"),
    )
    for name, text in lines:
        call.say(f"  {name:<8} {printable(text)}")


def _show_warnings(call: Call, status: GetStatusResponse) -> None:
    if status.warnings:
        call.say()
    for warning in status.warnings:
        where = f"{warning.workspace}: " if warning.workspace else ""
        severity = render.word(warning.severity, call.args.no_color)
        call.say(f"{severity}: {printable(where + warning.text)} [{warning.code}]")
        if warning.hint:
            call.say(f"  hint: {printable(warning.hint)}")
