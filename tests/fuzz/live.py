"""The targets that need a running daemon: bytes to its API, and to the address that serves its metrics.

A daemon that ends, stops answering, or logs a traceback is the finding. Drives it through its contract.
"""

from __future__ import annotations

import random
import socket
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import grpc

from tests.fuzz import seeds
from tests.fuzz.mutation import mutated
from tests.support import Daemon, remove_tree

_METHODS = (
    "obsd.v1.WorkspaceService/Add",
    "obsd.v1.WorkspaceService/Get",
    "obsd.v1.WorkspaceService/List",
    "obsd.v1.WorkspaceService/Remove",
    "obsd.v1.CommitService/ReportCommits",
    "obsd.v1.ActivityService/ListCommits",
    "obsd.v1.ActivityService/ListSessions",
    "obsd.v1.AgentService/ListSessions",
    "obsd.v1.ReportService/Get",
    "obsd.v1.LineService/Blame",
    "obsd.v1.DaemonService/GetStatus",
    "obsd.v1.Nothing/AtAll",
)
_MESSAGES = (
    b"",
    b"\x0a\x04/tmp",
    b"\x0a\x03\xff\xfe\xfd",
    b"\x08\x96\x01",
    b"\x12\x02\x08\x01\x1a\x00",
    b"\x0a\x80\x80\x01",
)
_EXPECTED = {
    *("OK", "INVALID_ARGUMENT", "NOT_FOUND", "UNIMPLEMENTED", "ALREADY_EXISTS", "PERMISSION_DENIED"),
    *("FAILED_PRECONDITION", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE"),
}


def run(seconds: float, chance: random.Random) -> tuple[int, list[str]]:
    """How many requests were sent, and what was found."""
    home = Path(tempfile.mkdtemp(prefix="fz", dir="/tmp"))
    daemon = Daemon(home).start()
    try:
        address = urlsplit(daemon.json("status")["metrics_url"])
        findings: list[str] = []
        sent, end = 0, time.monotonic() + seconds
        with grpc.insecure_channel(f"unix:{daemon.socket}") as channel:
            while time.monotonic() < end and not findings:
                findings += _call(channel, mutated(chance.choice(_MESSAGES), _MESSAGES, chance), chance)
                _request((address.hostname or "", address.port or 0), seeds.REQUESTS, chance)
                sent += 2
        return sent, findings + _state(daemon)
    finally:
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.stop()
        remove_tree(home)


def _call(channel: grpc.Channel, message: bytes, chance: random.Random) -> list[str]:
    method = chance.choice(_METHODS)
    call = channel.unary_unary(f"/{method}", lambda data: data, lambda data: data)
    try:
        call(message, timeout=20)
    except grpc.RpcError as error:
        code = error.code().name
        return [] if code in _EXPECTED else [f"{method} answers {code} to {message[:200]!r}"]
    return []


def _request(address: tuple[str, int], others: Sequence[bytes], chance: random.Random) -> None:
    with suppress(OSError), socket.create_connection(address, timeout=5) as connection:
        connection.sendall(mutated(chance.choice(others), others, chance))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 16):
            pass


def _state(daemon: Daemon) -> list[str]:
    if daemon.process is None or daemon.process.poll() is not None:
        return [f"the daemon ended\n{daemon.log[-2000:]}"]
    found = [] if daemon.obsctl("status").code == 0 else ["`obsctl status` fails"]
    if "Traceback" in daemon.log:
        found.append(f"a traceback in the log\n{daemon.log[-3000:]}")
    return found
