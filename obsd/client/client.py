"""The typed client of the API: one method a call, by service in the modules beside this one."""

from __future__ import annotations

from pathlib import Path

from obsd import api_socket
from obsd.client.activity import ActivityCalls
from obsd.client.agents import AgentCalls
from obsd.client.calls import DEFAULT_TIMEOUT_SECONDS
from obsd.client.commits import CommitCalls
from obsd.client.daemon import DaemonCalls
from obsd.client.lines import LineCalls
from obsd.client.reports import ReportCalls
from obsd.client.workspaces import WorkspaceCalls


class Client(WorkspaceCalls, CommitCalls, ActivityCalls, ReportCalls, LineCalls, AgentCalls, DaemonCalls):
    """A channel to the daemon, and one method per rpc. Use it in a `with` block, or call `close`."""


def connect(socket: Path, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS) -> Client:
    """Returns a client of the daemon that listens at `socket`; `timeout_seconds` limits each call.

    Errors: DaemonUnreachable, NotPermitted, TimedOut, as in `api_socket.reach`.
    """
    api_socket.reach(socket, min(timeout_seconds, 5.0))
    return Client(socket, timeout_seconds)
