"""The metrics endpoint over real connections: who may read, what is refused, and clients that misbehave."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from obsd.config import MetricsConfig
from obsd.exporter import formats
from obsd.exporter.endpoint import MetricsEndpoint
from obsd.health import Health
from obsd.http import kept_listener
from obsd.http.connection import Limits
from obsd.http.server import USUAL_LIMITS

BODY = b"# HELP x y\nx 1\n" * 200


class Bench:
    """An endpoint with its health, and raw requests to it."""

    def __init__(self, limits: Limits) -> None:
        self.health = Health()
        self.changed = asyncio.Event()
        self.health.listen(self.changed.set)
        self.ready = True
        self.endpoint = MetricsEndpoint(lambda accept: (BODY, formats.TEXT), lambda: self.ready, self.health, limits)

    async def ask(self, text: str, port: int | None = None) -> bytes:
        """Everything that comes back until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port or self.port)
        writer.write(text.replace("\n", "\r\n").encode("latin-1"))
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        return answer

    async def get(self, path: str = "/metrics", *headers: str, method: str = "GET") -> bytes:
        """The answer to a request that asks to close."""
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
        return await self.ask("\n".join(lines) + "\n\n")

    @property
    def port(self) -> int:
        return int(self.endpoint.url.rsplit(":", 1)[1].split("/")[0])

    @property
    def codes(self) -> list[str]:
        return [held.code for held in self.health.list()]


def serve(
    work: Callable[[Bench], Awaitable[None]], config: MetricsConfig | None = None, limits: Limits = USUAL_LIMITS
) -> None:
    """Runs `work` beside an endpoint."""

    async def main() -> None:
        bench = Bench(limits)
        await bench.endpoint.apply(config or MetricsConfig(listen="127.0.0.1:0"))
        try:
            await work(bench)
        finally:
            await bench.endpoint.stop()

    asyncio.run(main())


def status(answer: bytes) -> int:
    return int(answer.split(b" ")[1])


def test_a_scrape_gets_the_text() -> None:
    async def work(bench: Bench) -> None:
        answer = await bench.get()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert status(answer) == 200
        assert b"Content-Type: text/plain; version=0.0.4; charset=utf-8" in head
        assert body == BODY
        head, _, body = (await bench.get("/metrics", "Accept-Encoding: gzip")).partition(b"\r\n\r\n")
        assert b"Content-Encoding: gzip" in head
        assert gzip.decompress(body) == BODY
        answer = await bench.get(method="HEAD")
        assert f"Content-Length: {len(BODY)}".encode() in answer
        assert answer.endswith(b"\r\n\r\n")

    serve(work)


def test_other_paths_and_methods() -> None:
    async def work(bench: Bench) -> None:
        head, _, page = (await bench.get("/")).partition(b"\r\n\r\n")
        assert b"Content-Type: text/html" in head
        for path in re.findall(rb'href="([^"]+)"', page):
            assert status(await bench.get(path.decode())) == 200
        assert status(await bench.get("/-/healthy")) == 200
        assert status(await bench.get("/etc/passwd")) == 404
        answer = await bench.get(method="POST")
        assert status(answer) == 405
        assert b"Allow: GET, HEAD\r\n" in answer
        assert status(await bench.ask("nonsense\n\n")) == 400
        assert status(await bench.ask(f"GET / HTTP/1.1\nX: {'x' * 20000}\n\n")) == 431

    serve(work)


def test_it_is_ready_when_the_daemon_is() -> None:
    async def work(bench: Bench) -> None:
        bench.ready = False
        assert status(await bench.get("/-/ready")) == 503
        assert status(await bench.get("/-/healthy")) == 200
        assert status(await bench.get("/metrics")) == 200
        bench.ready = True
        assert status(await bench.get("/-/ready")) == 200

    serve(work)


def test_one_connection_serves_many_scrapes() -> None:
    async def work(bench: Bench) -> None:
        answer = await bench.ask("GET / HTTP/1.1\n\n" * 3 + "GET / HTTP/1.1\nConnection: close\n\n")
        assert answer.count(b"HTTP/1.1 200 OK") == 4

    serve(work)


def test_a_foreign_host_is_refused_on_loopback() -> None:
    async def work(bench: Bench) -> None:
        for host in ("evil.example", "localhost.evil.example", "evillocalhost"):
            assert status(await bench.ask(f"GET /metrics HTTP/1.1\nHost: {host}:8000\nConnection: close\n\n")) == 403
        for host in ("127.0.0.1:8000", "[::1]:8000", "localhost", socket.gethostname(), "a.localhost:1"):
            assert status(await bench.ask(f"GET / HTTP/1.1\nHost: {host}\nConnection: close\n\n")) == 200

    serve(work)


def test_a_token_is_asked_for_and_read_again(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    file.chmod(0o600)
    config = MetricsConfig(listen="127.0.0.1:0", token_file=str(file))

    async def work(bench: Bench) -> None:
        for wrong in ((), ("Authorization: Bearer second",), ("Authorization: Basic first",), ("Authorization: é",)):
            answer = await bench.get("/metrics", *wrong)
            assert status(answer) == 401
            assert b"WWW-Authenticate: Bearer" in answer
            assert b"x 1" not in answer
        assert status(await bench.get("/metrics", "Authorization: bearer first")) == 200
        port = bench.port
        file.write_text("second")
        await bench.endpoint.apply(config)
        assert bench.port == port
        assert status(await bench.get("/metrics", "Authorization: Bearer first")) == 401
        assert status(await bench.get("/metrics", "Authorization: Bearer second")) == 200
        assert bench.codes == []
        file.chmod(0o644)
        await bench.endpoint.apply(config)
        assert bench.codes == ["token_file_open"]
        file.unlink()
        await bench.endpoint.apply(config)
        assert bench.codes == ["metrics_not_served"]
        assert bench.endpoint.url == ""

    serve(work, config)


def test_a_taken_port_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_listener, "RETRY_SECONDS", 0.02)

    async def work(bench: Bench) -> None:
        other = socket.create_server(("127.0.0.1", 0))
        listen = f"127.0.0.1:{other.getsockname()[1]}"
        await bench.endpoint.apply(MetricsConfig(listen=listen))
        assert bench.codes == ["metrics_port_taken"]
        assert bench.endpoint.url == ""
        other.close()
        async with asyncio.timeout(10):
            await bench.changed.wait()
            while bench.codes:
                bench.changed.clear()
                await bench.changed.wait()
        assert bench.endpoint.url
        assert status(await bench.get()) == 200

    serve(work)


def test_a_token_in_no_file_is_a_fault_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token")

    async def work(bench: Bench) -> None:
        await bench.endpoint.apply(MetricsConfig(listen="127.0.0.1:0", token_file=str(tmp_path / "token")))
        assert bench.codes == ["metrics_not_served"]
        assert bench.endpoint.url == ""

    serve(work)


def test_another_address_is_taken_and_off_is_off() -> None:
    async def work(bench: Bench) -> None:
        first = bench.port
        await bench.endpoint.apply(MetricsConfig(listen="localhost:0"))
        assert bench.port != first
        with pytest.raises(ConnectionRefusedError):
            await bench.ask("GET / HTTP/1.1\n\n", first)
        await bench.endpoint.apply(MetricsConfig(listen=""))
        assert bench.endpoint.url == ""
        await bench.endpoint.apply(MetricsConfig(listen="192.0.2.1:1", token_file="/dev/null"))
        assert bench.codes == ["metrics_not_served"]

    serve(work)


def test_slow_and_silent_clients_are_dropped() -> None:
    async def work(bench: Bench) -> None:
        assert await bench.ask("") == b""
        assert await bench.ask("GET /metrics HTTP/1.1\n") == b""
        assert status(await bench.get()) == 200

    serve(work, limits=Limits(head_seconds=0.05))


def test_too_many_connections_make_room() -> None:

    async def work(bench: Bench) -> None:
        held = [await asyncio.open_connection("127.0.0.1", bench.port) for _ in range(4)]
        assert status(await bench.get()) == 200
        assert await asyncio.wait_for(held[0][0].read(), 10) == b""
        for _, writer in held:
            writer.close()

    serve(work, limits=Limits(connections=4))


def test_a_failing_exposition_is_told_and_the_next_scrape_works() -> None:
    async def work(bench: Bench) -> None:
        broken = MetricsEndpoint(lambda accept: (BODY[1 // 0 :], accept), lambda: True, bench.health)
        await broken.apply(MetricsConfig(listen="127.0.0.1:0"))
        port = int(broken.url.rsplit(":", 1)[1].split("/")[0])
        for _ in range(2):
            assert status(await bench.ask("GET /metrics HTTP/1.1\nConnection: close\n\n", port)) == 500
        await broken.stop()

    serve(work)
