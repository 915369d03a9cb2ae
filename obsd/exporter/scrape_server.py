"""The metrics endpoint: answers Prometheus on HTTP.

Owns the listening socket, the connections and who may read. What is served comes from a function that the daemon
gives. On the event loop, without a thread and without a timer while nobody is connected.
"""

from __future__ import annotations

import asyncio
import gzip
import hmac
import ipaddress
import logging
import socket
from collections.abc import Callable

from obsd.host.addresses import is_loopback, split_address
from obsd.http_server import MAX_HEAD_BYTES, BadRequest, Request, Response, parse
from obsd.tasks.supervision import spawn

log = logging.getLogger(__name__)

EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8"

MAX_CONNECTIONS = 64
HEAD_SECONDS = 10.0
IDLE_SECONDS = 150.0
"""Longer than a usual scrape interval, so that Prometheus keeps its connection."""
WRITE_SECONDS = 30.0
COMPRESS_BYTES = 1024


class ScrapeServer:
    """Serves `exposition()` on one address, to those who show `token` (empty: to everyone who reaches it)."""

    def __init__(self, exposition: Callable[[], bytes], listen: str, token: str = "") -> None:
        self._exposition = exposition
        self._host, self._port = split_address(listen)
        self.token = token
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: dict[asyncio.Task[None] | None, None] = {}

    @property
    def url(self) -> str:
        """Where a scrape on this machine goes; empty while nothing listens."""
        if self._server is None:
            return ""
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104
        port: int = self._server.sockets[0].getsockname()[1]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/metrics"

    async def start(self) -> None:
        """Begins to listen. Raises OSError."""
        listening = await asyncio.to_thread(_listening_socket, self._host, self._port)
        self._server = await asyncio.start_server(self._accepted, sock=listening, limit=MAX_HEAD_BYTES)

    async def stop(self) -> None:
        """Lets go of the address and ends the connections."""
        if self._server is None:
            return
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server = None

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A plain function, because asyncio logs every cancelled handler that is a coroutine function.
        task = spawn("a connection that scrapes", self._converse(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if len(self._tasks) > MAX_CONNECTIONS and not self._end_an_idle_one():
                await _send(writer, _plain(503, "too many connections").encode(keep_alive=False))
            else:
                seconds = HEAD_SECONDS
                while await self._exchange(reader, writer, seconds):
                    seconds = IDLE_SECONDS
            writer.close()
            await asyncio.wait_for(writer.wait_closed(), WRITE_SECONDS)
        except (OSError, TimeoutError, EOFError, asyncio.CancelledError):
            pass  # the client went, or was too slow, or has to make room
        except Exception:
            log.exception("a scrape failed")
        finally:
            writer.transport.abort()

    def _end_an_idle_one(self) -> bool:
        """Makes room by ending the connection that has waited longest for a next request."""
        task = next(iter(self._idle), None)
        if task is None:
            return False
        del self._idle[task]
        return task.cancel()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> bool:
        """One request and its response; whether another may follow."""
        head_only = keep_alive = False
        try:
            request = parse(await self._next_head(reader, seconds))
            head_only, keep_alive = request.method == "HEAD", request.keep_alive and not request.has_body
            response = await self._answer(request)
        except BadRequest as error:
            response = _plain(error.code, str(error))
        await _send(writer, response.encode(keep_alive, head_only))
        return keep_alive

    async def _next_head(self, reader: asyncio.StreamReader, seconds: float) -> bytes:
        task = asyncio.current_task()
        self._idle[task] = None
        try:
            return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), seconds)
        except asyncio.LimitOverrunError as error:
            raise BadRequest(431, f"a request's head has at most {MAX_HEAD_BYTES} bytes") from error
        finally:
            self._idle.pop(task, None)

    async def _answer(self, request: Request) -> Response:
        if not self._is_for_here(request):
            return _plain(403, "the Host header names no address of this machine")
        if request.path not in ("/", "/metrics", "/-/healthy"):
            return _plain(404, "not found; metrics are at /metrics")
        if request.method not in ("GET", "HEAD"):
            return _plain(405, "only GET and HEAD", Allow="GET, HEAD")
        if request.path == "/":
            return _plain(200, "obsd: metrics are at /metrics")
        if request.path == "/-/healthy":
            return _plain(200, "obsd is healthy")
        if not self._is_allowed(request):
            return _plain(401, "a scrape needs the bearer token", **{"WWW-Authenticate": 'Bearer realm="obsd"'})
        return await self._metrics(request)

    async def _metrics(self, request: Request) -> Response:
        try:
            body = self._exposition()
        except Exception:
            log.exception("the metrics could not be rendered")
            return _plain(500, "the metrics could not be rendered; the log of obsd says why")
        headers = {"Vary": "Accept-Encoding"}
        if len(body) >= COMPRESS_BYTES and request.takes_gzip():
            body = await asyncio.to_thread(gzip.compress, body, 4, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return Response(200, body, EXPOSITION_TYPE, headers)

    def _is_allowed(self, request: Request) -> bool:
        if not self.token:
            return True
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        same = hmac.compare_digest(shown.strip().encode("latin-1"), self.token.encode("utf-8"))
        return scheme.lower() == "bearer" and same

    def _is_for_here(self, request: Request) -> bool:
        """False for a name that somebody else may have pointed at this machine: DNS rebinding from a web page."""
        host = request.headers.get("host", "").lower()
        if self.token or not host or not is_loopback(self._host):
            return True
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0].rstrip(".")
        own = ("localhost", "localhost.localdomain", socket.gethostname().lower(), self._host.lower())
        return _is_address(name) or name in own or name.endswith(".localhost")


def _plain(code: int, text: str, **headers: str) -> Response:
    return Response(code, f"{text}\n".encode(), headers=headers)


async def _send(writer: asyncio.StreamWriter, message: bytes) -> None:
    writer.write(message)
    await asyncio.wait_for(writer.drain(), WRITE_SECONDS)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def _listening_socket(host: str, port: int) -> socket.socket:
    if not host:
        both = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if both else socket.AF_INET
        return socket.create_server(("", port), family=family, dualstack_ipv6=both)
    # One address, even where a name has several: with port 0 each would get a port of its own.
    name = "127.0.0.1" if host.lower() == "localhost" else host
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    return socket.create_server(address[:2], family=family)
