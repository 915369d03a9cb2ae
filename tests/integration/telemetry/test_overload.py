"""Too much at once: who is made to wait, who makes room, and what a client sees of a refusal."""

from __future__ import annotations

import json
import os
import resource
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack

import grpc
import pytest

from tests.integration.telemetry.test_receivers import Receiving
from tests.otlp import SERVICES, HttpAgent, binary, claude_metrics, point, send_once
from tests.support import Daemon, wait_until

GOOD = json.dumps(claude_metrics(point(3, 10))).encode()
HEAD = b"POST /v1/logs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"


@pytest.fixture
def receiving(make_daemon: Callable[[str], Daemon]) -> Receiving:
    """A running daemon that receives on both protocols."""
    return Receiving(make_daemon("d"))


def connect(receiving: Receiving, stack: ExitStack) -> socket.socket:
    """A connection that lasts as long as the stack."""
    host, port = receiving.http.split(":")
    return stack.enter_context(socket.create_connection((host, int(port)), 30))


@pytest.mark.parametrize("said", [b"", b"POST /v1/logs HTTP/1.1\r\nHo", HEAD])
def test_connections_that_wait_shut_nobody_out(receiving: Receiving, said: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(64):
            connect(receiving, stack).sendall(said)
        # One whose body does not come makes room when it has had its time.
        wait_until(lambda: send_once(receiving.http, "metrics", GOOD)[0] == 200)


def test_connections_that_are_kept_shut_nobody_out(receiving: Receiving) -> None:
    with ExitStack() as stack:
        kept = [HttpAgent(receiving.http) for _ in range(64)]
        for one in kept:
            stack.callback(one.close)
        assert {one.send("metrics", GOOD)[0] for one in kept} == {200}
        assert send_once(receiving.http, "metrics", GOOD)[0] == 200


def test_many_calls_at_once_are_all_taken(receiving: Receiving) -> None:
    channel = grpc.insecure_channel(receiving.grpc)
    call = channel.unary_unary(SERVICES["metrics"], None, None)
    bodies = [
        binary("metrics", claude_metrics(point(1, 10 + number, session=f"s{number % 40}"))) for number in range(300)
    ]
    codes = Counter(one.code() for one in [call.future(body, timeout=60) for body in bodies])
    channel.close()
    assert codes == {grpc.StatusCode.OK: 300}
    scrape = receiving.daemon.scrape()
    assert scrape.sum("obsd_agent_tokens_total", agent="claude-code") == 300
    assert scrape.value("obsd_telemetry_requests_total", protocol="grpc", result="taken") == 300


@pytest.mark.parametrize("megabytes", [9, 40])
def test_a_client_reads_that_its_body_is_too_large(receiving: Receiving, megabytes: int) -> None:
    head = f"POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Length: {megabytes << 20}\r\n"
    with ExitStack() as stack:
        client = connect(receiving, stack)
        # As most clients do: they read when all is sent.
        client.sendall((head + "Content-Type: application/json\r\n\r\n").replace("Host: x", "Host: localhost").encode())
        client.sendall(b" " * (megabytes << 20))
        assert client.recv(1_000).split()[1] == b"413"


def test_deflate_is_read(receiving: Receiving) -> None:
    channel = grpc.insecure_channel(receiving.grpc)
    call = channel.unary_unary(SERVICES["metrics"], None, None)
    body = binary("metrics", claude_metrics(*(point(1, 10 + number) for number in range(100))))
    call(body, timeout=20, compression=grpc.Compression.Deflate)
    channel.close()
    assert receiving.daemon.scrape().sum("obsd_agent_tokens_total", agent="claude-code") == 100


def test_no_descriptor_left_is_one_line_and_passes(receiving: Receiving) -> None:
    daemon = receiving.daemon
    daemon.scrape()
    limits = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        used = max(int(name) for name in os.listdir(f"/proc/{daemon.pid}/fd"))
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (used + 3, limits[1]))
        for _ in range(20):
            connect(receiving, stack)
        wait_until(lambda: "no connection can be accepted" in daemon.log)
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, limits)
        wait_until(lambda: send_once(receiving.http, "metrics", GOOD)[0] == 200)
    assert "Traceback" not in daemon.log
    assert daemon.log.count("no connection can be accepted") == 1


@pytest.mark.parametrize("megabytes", [9, 40])
def test_a_message_that_is_too_large_is_counted(receiving: Receiving, megabytes: int) -> None:
    channel = grpc.insecure_channel(receiving.grpc)
    call = channel.unary_unary(SERVICES["metrics"], None, None)
    with pytest.raises(grpc.RpcError) as failed:
        call(bytes(megabytes << 20), timeout=60)
    assert isinstance(failed.value, grpc.Call)
    assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    body = binary("metrics", claude_metrics(point(3, 10)))
    call(body, timeout=60)
    channel.close()
    counts = ("taken", 1), ("refused", 1), ("failed", 0)
    for result, number in counts:
        receiving.daemon.wait_for("obsd_telemetry_requests_total", number, protocol="grpc", result=result)
