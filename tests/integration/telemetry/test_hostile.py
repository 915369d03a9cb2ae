"""Hostile telemetry against a real daemon: broken, endless and flooding requests, and what the rest sees of them."""

from __future__ import annotations

import json
import socket
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import grpc
import psutil
import pytest

from tests.integration.telemetry.test_receivers import Receiving, free_port
from tests.otlp import GrpcAgent, HttpAgent, attributes, binary, claude_metrics, point, send_once
from tests.support import Daemon, wait_until


@pytest.fixture
def receiving(make_daemon: Callable[[str], Daemon]) -> Receiving:
    """A running daemon that receives on both protocols."""
    return Receiving(make_daemon("d"))


@pytest.fixture
def agent(receiving: Receiving) -> Iterator[HttpAgent]:
    """An agent that speaks HTTP."""
    made = HttpAgent(receiving.http)
    yield made
    made.close()


def test_what_is_no_request_is_refused_and_nothing_else_suffers(receiving: Receiving, agent: HttpAgent) -> None:
    good = json.dumps(claude_metrics(point(3, 10))).encode()
    assert agent.send("metrics", b"{", "json")[0] == 400
    assert agent.send("metrics", b"\xff\xff\xff", "protobuf")[0] == 400
    assert agent.send("metrics", b'{"resourceMetrics": [{"scopeMetrics": 7}]}')[0] == 400
    assert agent.send("metrics", b"[" * 100_000)[0] == 400
    assert agent.send("metrics", good, headers={"Content-Type": "text/plain"})[0] == 415
    assert send_once(receiving.http, "metrics", good, headers={"Origin": "http://evil.example"})[0] == 403
    assert send_once(receiving.http, "metrics", good, headers={"Host": "evil.example"})[0] == 403
    assert send_once(receiving.http, "nothing", good)[0] == 404
    assert send_once(receiving.http, "metrics", good, headers={"Content-Encoding": "br"})[0] == 415
    client = GrpcAgent(receiving.grpc)
    with pytest.raises(grpc.RpcError) as refused:
        client.send("metrics", b"\xff\xff\xff")
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(grpc.RpcError) as refused:
        client.send("metrics", b"\0" * (9 << 20))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    client.close()
    assert send_once(receiving.http, "metrics", good) == (200, {})
    assert receiving.daemon.scrape().value("obsd_agent_tokens_total", agent="claude-code", kind="input") == 3


def test_a_bomb_and_an_endless_body_are_refused(receiving: Receiving) -> None:
    deflater = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(deflater.compress(b"\0" * (1 << 20)) for _ in range(200)) + deflater.flush()
    agent = HttpAgent(receiving.http)
    assert agent.send("metrics", bomb, headers={"Content-Encoding": "gzip"})[0] == 413
    assert agent.send("metrics", bomb[:-20], headers={"Content-Encoding": "gzip"})[0] in (400, 413)
    agent.close()
    host, port = receiving.http.split(":")
    head = f"POST /v1/logs HTTP/1.1\r\nHost: {receiving.http}\r\nContent-Type: application/json\r\n"
    for length, code in (("Content-Length: 100000000", b"413"), ("Content-Length: x", b"400")):
        with socket.create_connection((host, int(port)), 20) as raw:
            raw.sendall(f"{head}{length}\r\n\r\n".encode())
            assert raw.recv(100).split()[1] == code
    with socket.create_connection((host, int(port)), 20) as raw:
        raw.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        with suppress(ConnectionError):  # it is cut off somewhere on the way
            for _ in range(100):
                raw.sendall(chunk)
            pytest.fail("a hundred megabytes were taken")
    assert receiving.daemon.obsctl("status").code == 0


def test_a_bomb_over_grpc_is_refused_and_gzip_is_read(receiving: Receiving) -> None:
    client = GrpcAgent(receiving.grpc)
    for size in (9 << 20, 200 << 20):
        with pytest.raises(grpc.RpcError) as refused:
            client.send("metrics", b"\0" * size, compress=True)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert peak_bytes(receiving.daemon) < 150 << 20
    body = binary("metrics", claude_metrics(*(point(1, 10 + number) for number in range(100))))
    client.send("metrics", body, compress=True)
    client.close()
    assert receiving.daemon.scrape().value("obsd_agent_tokens_total", agent="claude-code", kind="input") == 100


def peak_bytes(daemon: Daemon) -> int:
    """The most memory that the daemon ever held."""
    status = Path(f"/proc/{daemon.pid}/status").read_text("utf-8")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def test_chunks_and_a_trailer_are_read(receiving: Receiving) -> None:
    host, port = receiving.http.split(":")
    body = json.dumps(claude_metrics(point(4, 10))).encode()
    chunks = b"".join(b"%x;x=y\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:])) + b"0\r\nA: b\r\n\r\n"
    head = f"POST /v1/metrics HTTP/1.1\r\nHost: {receiving.http}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((host, int(port)), 20) as raw:
        for _ in range(2):
            raw.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks)
            assert raw.recv(1000).startswith(b"HTTP/1.1 200")
    assert receiving.daemon.scrape().value("obsd_agent_tokens_total", agent="claude-code", kind="input") == 4


def test_many_series_are_bounded_and_said(receiving: Receiving, agent: HttpAgent) -> None:
    points = [point(1, 10, model=f"m{number}") for number in range(5_000)]
    code, answer = agent.send("metrics", json.dumps(claude_metrics(*points)).encode())
    assert code == 200
    assert int(answer["partialSuccess"]["rejectedDataPoints"]) == 3_000
    sessions = [point(1, 10, session=f"x{number}") for number in range(300)]
    code, answer = agent.send("metrics", json.dumps(claude_metrics(*sessions)).encode())
    assert int(answer["partialSuccess"]["rejectedDataPoints"]) > 200
    assert receiving.daemon.scrape().sum("obsd_telemetry_items_total", result="rejected") > 3_200


def test_unknown_names_are_counted_and_bounded(receiving: Receiving, agent: HttpAgent) -> None:
    for number in range(80):
        agent.send("metrics", json.dumps(claude_metrics(point(1, 10), name=f"claude_code.new{number}")).encode())
    scrape = receiving.daemon.scrape()
    assert scrape.value("obsd_telemetry_unknown_total", item="claude_code.new0") == 1
    assert scrape.value("obsd_telemetry_unknown_total", item="__other__") == 30


def test_a_taken_port_is_a_warning_and_is_tried_again(make_daemon: Callable[[str], Daemon]) -> None:
    daemon = make_daemon("d")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        daemon.configure(f'[telemetry]\ngrpc = "127.0.0.1:{port}"\nhttp = "127.0.0.1:{port}"')
        daemon.start()
        codes = {one["code"] for one in daemon.json("status")["warnings"]}
        assert codes == {"telemetry_grpc_not_served", "telemetry_http_not_served"}
    daemon.configure(f'[telemetry]\nhttp = "127.0.0.1:{free_port()}"')
    assert daemon.obsctl("reload").code == 0
    wait_until(lambda: not daemon.json("status")["warnings"])


def test_nothing_listens_unless_asked(obsd_daemon: Daemon) -> None:
    connections = [one for one in psutil.net_connections("tcp") if one.pid == obsd_daemon.pid]
    listening = [one for one in connections if one.status == psutil.CONN_LISTEN]
    assert len(listening) == 2, "the metrics and the page alone"


def test_a_client_that_stops_in_the_middle_holds_nobody(receiving: Receiving, agent: HttpAgent) -> None:
    host, port = receiving.http.split(":")
    head = b"POST /v1/logs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
    stuck = [socket.create_connection((host, int(port)), 20) for _ in range(40)]
    for one in stuck:
        one.sendall(head)
    assert agent.send("metrics", json.dumps(claude_metrics(point(3, 10))).encode()) == (200, {})
    for one in stuck:
        one.close()


def test_attributes_of_other_kinds_do_no_harm(receiving: Receiving, agent: HttpAgent) -> None:
    odd = claude_metrics(point(1, 10), point(-5, 20), point(1e300, 25), {**point(1, 30), "asDouble": "NaN"})
    odd["resourceMetrics"][0]["resource"]["attributes"] += attributes(process__pid="x" * 300, number=1.5, flag=True)
    code, answer = agent.send("metrics", json.dumps(odd).encode())
    assert (code, answer["partialSuccess"]["rejectedDataPoints"]) == (200, "3")
