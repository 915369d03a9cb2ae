"""`obsctl wait`: waits until the daemon answers and every workspace is ready, or until earlier changes are recorded."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import TYPE_CHECKING

from obsctl import arguments, naming
from obsctl.call import Call
from obsd.errors import DaemonUnreachable, TimedOut
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.client.client import Client

DEFAULT_TIMEOUT_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.5
_NAMES_SECONDS = 1.0
"""To find out what is still starting when the time is over."""


def configure(parser: ArgumentParser) -> None:
    """What to wait for."""
    parser.add_argument(
        "--settled",
        metavar="NAME",
        type=arguments.given,
        help="wait until every earlier change in this workspace (name or path) is recorded with its author",
    )


def run(call: Call) -> int:
    """Waits; exit code 69 if --timeout (60 s) passes first."""
    started = time.monotonic()
    deadline = started + call.timeout_seconds(DEFAULT_TIMEOUT_SECONDS)
    with _connected(call, deadline) as client:
        settled = None
        if call.args.settled is None:
            _until_ready(client, deadline)
        else:
            name = naming.name(client, call.args.settled)
            settled = client.settle(name, max(0.01, deadline - time.monotonic()))
    if call.json:
        call.document("wait", waited_seconds=round(time.monotonic() - started, 3), settled_seconds=settled)
    return 0


def _connected(call: Call, deadline: float) -> Client:
    while True:
        try:
            client = call.client(DEFAULT_TIMEOUT_SECONDS)
        except DaemonUnreachable as error:
            if time.monotonic() > deadline:
                raise TimedOut(
                    "wait_timeout", f"the daemon did not answer in time: {error.message}", error.hint
                ) from None
            time.sleep(0.05)
            continue
        client.timeout_seconds = max(0.01, deadline - time.monotonic())
        return client


def _until_ready(client: Client, deadline: float) -> None:
    from obsd.v1 import workspace_pb2 as pb

    try:
        client.await_ready(max(0.01, deadline - time.monotonic()))
    except TimedOut:
        client.timeout_seconds = _NAMES_SECONDS
        names = [one.name for one in client.workspaces() if one.state == pb.WORKSPACE_STATE_STARTING]
        if names:
            raise TimedOut(
                "wait_timeout",
                f"still starting: {printable(', '.join(names))}",
                "a large folder takes long: wait longer with --timeout SECONDS, or see `obsctl status`",
            ) from None


def poll(look: Callable[[], list[str]], deadline: float) -> list[str]:
    """Calls `look` until it returns nothing or the deadline (monotonic) has passed; returns its last result."""
    pause = FIRST_PAUSE_SECONDS
    while (found := look()) and time.monotonic() < deadline:
        time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
    return found
