"""The page's server: who may see it, which path is which view, and the headers that keep it to itself.

Owns the order of checks: the head first, then the user at the other end, then the cookie. Nothing here changes anything
but the redeeming of a token. On the event loop; views are rendered on a worker thread.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import time
from functools import partial
from html import escape
from typing import Any, Final
from urllib.parse import parse_qs

from obsd.api.daemon_protocol import DaemonPort
from obsd.errors import NotFound, ObsdError
from obsd.host.addresses import split_address
from obsd.host.connections import Address, address_of, owner
from obsd.http.connection import Answer, Body, Limits
from obsd.http.messages import BadRequest, Request, Response
from obsd.http.server import Server
from obsd.web import guard
from obsd.web.files import File, find
from obsd.web.keys import COOKIE_SECONDS, Keys
from obsd.web.streams import Streams
from obsd.web.views import Views

log = logging.getLogger(__name__)

HTML: Final = "text/html; charset=utf-8"
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Vary": "Cookie, Sec-Fetch-Site",
}
COMPRESS_BYTES: Final = 1024
_MAX_QUERY: Final = 200
"""Of an address with a token."""


class _Visitor:
    """One connection, and the user at its other end as soon as that is asked."""

    def __init__(self, peer: Address | None, here: Address | None) -> None:
        self._addresses = (peer, here)
        self._user: int | None = None
        self._asked = False

    async def user(self) -> int | None:
        """The user of the machine that owns the other end; None: not known."""
        peer, here = self._addresses
        if not self._asked and peer is not None and here is not None:
            found = await asyncio.to_thread(owner, peer, here)
            # Without an inode the socket is closed, and its user is not known.
            self._user, self._asked = (found[0] if found and found[1] else None), True
        return self._user


class PageServer:
    """Serves the page of a daemon on one loopback address to those who have a cookie of `keys`."""

    def __init__(self, daemon: DaemonPort, keys: Keys, listen: str, limits: Limits) -> None:
        self._keys = keys
        self._views = Views(daemon)
        self._streams = Streams(daemon)
        self._host, port = split_address(listen)
        self._server = Server("the page", self, self._host, port, limits)

    @property
    def url(self) -> str:
        """The page's address, which ends in a slash; empty while nothing listens."""
        if not self._server.serving:
            return ""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._server.port}/"

    @property
    def cookie_name(self) -> str:
        """Browsers share cookies between all ports of a host."""
        return f"obsd-{self._server.port}"

    async def start(self) -> None:
        """Begins to listen. Raises OSError."""
        await self._server.start()

    async def stop(self) -> None:
        """Lets go of the address and ends connections and streams."""
        await self._server.stop()

    async def connected(self, peer: Any, here: Any) -> Answer:
        """Everybody may connect; who it is is asked when a head is in order."""
        return partial(self._answer, _Visitor(address_of(peer), address_of(here)))

    def refuse(self, error: BadRequest) -> Response:
        """What is wrong, as a page without anything else."""
        return _page(error.code, f"<p>{escape(str(error))}</p>")

    async def _answer(self, visitor: _Visitor, request: Request, body: Body) -> Response:
        guard.check(request)
        if request.path == "/open":
            return self._opened(request, await visitor.user())
        cookie = _cookie(request.headers.get("cookie", ""), self.cookie_name)
        if not cookie or not self._keys.opens(cookie, await visitor.user(), time.time()):
            return _page(403, "<p>This page is for the user who runs obsd here.</p><p><code>obsctl open</code></p>")
        if request.path == "/events":
            return self._streams.response(request)
        if request.path.startswith("/static/"):
            return _file(find(request.path.removeprefix("/static/")), request)
        return await self._view(request)

    def _opened(self, request: Request, user: int | None) -> Response:
        fields = parse_qs(request.query) if len(request.query) < _MAX_QUERY else {}
        token = fields.get("token", [""])[0]
        cookie = self._keys.redeem(token, user, time.time()) if request.method == "GET" else None
        if cookie is None:
            return _page(
                403, "<p>This address was used already, or is older than a minute.</p><p><code>obsctl open</code></p>"
            )
        kept = f"{self.cookie_name}={cookie}; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Strict"
        return Response(303, b"", HTML, {**HEADERS, "Location": "/", "Set-Cookie": kept})

    async def _view(self, request: Request) -> Response:
        try:
            text = await self._views.rendered(request)
        except NotFound as error:
            return _page(404, f'<p>{escape(error.message)}</p><p><a href="/">obsd</a></p>')
        except ObsdError as error:
            return _page(503, f"<p>{escape(error.message)}</p><p>{escape(error.hint)}</p>")
        except Exception:
            log.exception("a view of the page could not be made: %s", request.path)
            return _page(500, "<p>This view could not be made; the log of obsd says why.</p>")
        return await asyncio.to_thread(_encoded, text.encode("utf-8", "replace"), HTML, request, HEADERS)


def _cookie(header: str, name: str) -> str:
    """The value of the first cookie of that name; several Cookie headers are joined by commas."""
    for item in header.replace(",", ";").split(";"):
        key, _, value = item.strip().partition("=")
        if key == name:
            return value
    return ""


def _file(file: File | None, request: Request) -> Response:
    if file is None:
        return _page(404, "<p>There is no such file.</p>")
    lasting = {"Cache-Control": "private, max-age=31536000, immutable"} if file.version in request.query else {}
    return _encoded(file.content, file.content_type, request, {**HEADERS, **lasting})


def _encoded(body: bytes, content_type: str, request: Request, headers: dict[str, str]) -> Response:
    if len(body) >= COMPRESS_BYTES and request.takes_gzip():
        headers = {**headers, "Content-Encoding": "gzip", "Vary": f"{headers['Vary']}, Accept-Encoding"}
        body = gzip.compress(body, 4, mtime=0)
    return Response(200, body, content_type, headers)


def _page(code: int, content: str) -> Response:
    text = (
        f'<!DOCTYPE html>\n<html lang="en"><head><title>obsd</title></head><body><h1>obsd</h1>{content}</body></html>\n'
    )
    return Response(code, text.encode("utf-8", "replace"), HTML, HEADERS)
