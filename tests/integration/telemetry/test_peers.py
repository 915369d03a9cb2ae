"""Who is heard: this user's processes, found by their connections; nobody else's."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from obsd.telemetry.otlp import Refused
from obsd.telemetry.peers import Peer, Peers, parse
from tests.integration.telemetry.test_receivers import Receiving
from tests.support import Daemon, wait_until

SCRIPT = """
import http.client, sys
c = http.client.HTTPConnection(sys.argv[1], timeout=20)
c.request("POST", "/v1/logs", b"{}", {"Content-Type": "application/json"})
print(c.getresponse().status)
"""


@pytest.fixture
def receiving(make_daemon: Callable[[str], Daemon]) -> Receiving:
    """A running daemon that receives on both protocols."""
    return Receiving(make_daemon("d"))


def look_up(peers: Peers, family: socket.AddressFamily, host: str) -> Peer:
    """What a receiver finds of a connection from this process."""
    with socket.create_server((host, 0), family=family) as server:
        port = server.getsockname()[1]
        with socket.create_connection((host, port)) as client, server.accept()[0]:
            return asyncio.run(peers.look_up(client.getsockname()[:2], (host, port)))


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_the_process_behind_a_connection_is_found(family: socket.AddressFamily, host: str) -> None:
    if family == socket.AF_INET6 and not Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 here")
    assert look_up(Peers(), family, host) == Peer(os.getpid(), os.getcwd())


@pytest.fixture
def run_as_other() -> Iterator[int]:
    """Another person who has a process; the user's id."""
    if os.getuid() != 0:
        pytest.skip("only root can be another user")
    with subprocess.Popen(["sleep", "600"], user=54_321, cwd="/") as process:
        wait_until(lambda: os.stat(f"/proc/{process.pid}").st_uid == 54_321)
        yield 54_321
        process.kill()


def test_another_user_is_refused() -> None:
    with pytest.raises(Refused, match="only processes of the user"):
        look_up(Peers(os.getuid() + 1), socket.AF_INET, "127.0.0.1")


def test_a_connection_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="cannot be looked up"):
        asyncio.run(Peers().look_up(("127.0.0.1", 1), ("127.0.0.1", 2)))


def owner(port: int, other: int) -> tuple[str, ...]:
    """The user and the inode of a socket of this machine, by the ports of its two ends."""
    for line in Path("/proc/net/tcp").read_text().splitlines():
        fields = line.split()
        if fields[1].endswith(f":{port:04X}") and fields[2].endswith(f":{other:04X}"):
            return fields[7], fields[9]
    return ()


def look_up_one_that_hung_up(peers: Peers) -> Peer:
    """What a receiver finds of a connection that was closed before it looked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        here = client.getsockname()[:2]
        with server.accept()[0]:
            client.close()
            # Until the other end has answered, newer kernels still say whose it was.
            wait_until(lambda: owner(here[1], port) == ("0", "0"), "a connection that is nobody's")
            return asyncio.run(peers.look_up(here, ("127.0.0.1", port)))


@pytest.mark.parametrize("uid", [os.getuid(), 65_534])
def test_a_client_that_hung_up_is_taken_while_nobody_else_is_here(uid: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obsd.telemetry.peers._PEOPLE", range(0))
    assert look_up_one_that_hung_up(Peers(uid)) == Peer()


def test_a_client_that_hung_up_is_refused_while_others_are_here(run_as_other: int) -> None:
    with pytest.raises(Refused, match="other users"):
        look_up_one_that_hung_up(Peers(os.getuid()))
    assert look_up_one_that_hung_up(Peers(run_as_other)) == Peer()


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("ipv4:127.0.0.1:1234", ("127.0.0.1", 1234)),
        ("ipv6:[::1]:1234", ("::1", 1234)),
        ("ipv6:%5B::1%5D:1234", ("::1", 1234)),
    ],
)
def test_the_names_of_grpc_are_read(name: str, address: tuple[str, int]) -> None:
    assert parse(name) == address


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(Refused):
        parse("unix:/tmp/x")


def send_as(receiving: Receiving, uid: int | None) -> str:
    """The status that a process of some user gets."""
    python = sys.executable if uid is None else "/usr/bin/python3"
    result = subprocess.run(
        [python, "-c", SCRIPT, receiving.http],
        user=uid,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return result.stdout.strip() or result.stderr


def test_a_process_of_another_user_is_not_heard(receiving: Receiving) -> None:
    if os.getuid() != 0 or not Path("/usr/bin/python3").exists():
        pytest.skip("only root can be another user")
    assert send_as(receiving, 65534) == "403"
    assert send_as(receiving, None) == "200"
