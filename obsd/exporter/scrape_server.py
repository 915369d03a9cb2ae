"""The metrics endpoint: answers Prometheus on HTTP.

Owns who may read, and the paths. What is served comes from a function that the daemon gives; the connections are
`obsd/http`'s. On the event loop.
"""

from __future__ import annotations

import asyncio
import gzip
import hmac
import ipaddress
import logging
import socket
from collections.abc import Callable
from typing import Any

from obsd.exporter.formats import Exposition
from obsd.host.addresses import is_loopback, split_address
from obsd.http.connection import Answer, Body, Limits
from obsd.http.messages import BadRequest, Request, Response
from obsd.http.server import Server

log = logging.getLogger(__name__)

COMPRESS_BYTES = 1024

_LANDING_PAGE = b"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>obsd</title></head>
<body>
<h1>obsd</h1>
<p>What coding agents and people do to repositories.</p>
<ul>
<li><a href="/metrics">Metrics</a></li>
<li><a href="/-/healthy">Healthy</a></li>
<li><a href="/-/ready">Ready</a></li>
</ul>
</body>
</html>
"""
_POLICY = "default-src 'none'"
_PATHS = ("/", "/metrics", "/-/healthy", "/-/ready")


class ScrapeServer:
    """Serves `exposition` on one address, to those who show `token` (empty: to everyone who reaches it).

    `ready` says whether every workspace is watched, or known to have failed.
    """

    def __init__(
        self, exposition: Exposition, ready: Callable[[], bool], listen: str, token: str, limits: Limits
    ) -> None:
        self._exposition = exposition
        self._ready = ready
        self._host, port = split_address(listen)
        self.token = token
        self._server = Server("scrapes", self, self._host, port, limits)

    @property
    def url(self) -> str:
        """Where a scrape on this machine goes; empty while nothing listens."""
        if not self._server.serving:
            return ""
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.port}/metrics"

    async def start(self) -> None:
        """Begins to listen. Raises OSError."""
        await self._server.start()

    async def stop(self) -> None:
        """Lets go of the address and ends the connections."""
        await self._server.stop()

    async def connected(self, peer: Any, here: Any) -> Answer:
        """Everybody may ask; the token is looked at with each request."""
        return self._answer

    def refuse(self, error: BadRequest) -> Response:
        """What is wrong, in a line."""
        return _plain(error.code, str(error))

    async def _answer(self, request: Request, body: Body) -> Response:
        if not self._is_for_here(request):
            return _plain(403, "the Host header names no address of this machine")
        if request.path not in _PATHS:
            return _plain(404, "not found; metrics are at /metrics")
        if request.method not in ("GET", "HEAD"):
            return _plain(405, "only GET and HEAD", Allow="GET, HEAD")
        if request.path == "/":
            return Response(200, _LANDING_PAGE, "text/html; charset=utf-8", {"Content-Security-Policy": _POLICY})
        if request.path == "/-/healthy":
            return _plain(200, "obsd is healthy")
        if request.path == "/-/ready":
            return _plain(200, "obsd is ready") if self._ready() else _plain(503, "obsd is starting")
        if not self._is_allowed(request):
            return _plain(401, "a scrape needs the bearer token", **{"WWW-Authenticate": 'Bearer realm="obsd"'})
        return await self._metrics(request)

    async def _metrics(self, request: Request) -> Response:
        try:
            body, content_type = self._exposition(request.headers.get("accept", ""))
        except Exception:
            log.exception("the metrics could not be rendered")
            return _plain(500, "the metrics could not be rendered; the log of obsd says why")
        headers = {"Vary": "Accept, Accept-Encoding"}
        if len(body) >= COMPRESS_BYTES and request.takes_gzip():
            body = await asyncio.to_thread(gzip.compress, body, 4, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return Response(200, body, content_type, headers)

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


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
