"""OTLP over HTTP: /v1/metrics, /v1/logs and /v1/traces, binary and JSON, on a loopback address.

Owns who may send, and the form of the answers. A web page is refused: the Host has to be this machine, an Origin is
refused, and only OTLP's own content types are taken. On the event loop; the connections are `obsd/http`'s.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

from obsd.host.addresses import is_loopback, split_address
from obsd.http.connection import Answer, Body, Limits
from obsd.http.messages import BadRequest, Request, Response
from obsd.http.server import Server
from obsd.telemetry import otlp, peers
from obsd.telemetry.intake import Intake
from obsd.telemetry.otlp import MAX_BODY_BYTES, Form, Refused, Signal

LIMITS: Final = Limits(idle_seconds=90.0, write_seconds=10.0)
LOOP_HEADER: Final = "x-obsd-forwarded-by"
_FORMS: Final[dict[str, Form]] = {"application/x-protobuf": "protobuf", "application/json": "json"}
_TYPES: Final = {form: content_type for content_type, form in _FORMS.items()}
_PATHS: Final[dict[str, Signal]] = {f"/v1/{signal}": signal for signal in otlp.SIGNALS}
_CODINGS: Final = ("gzip", "x-gzip", "deflate")


class HttpReceiver:
    """Receives at one address of this machine until it is stopped."""

    def __init__(self, intake: Intake, listen: str, limits: Limits = LIMITS) -> None:
        self._intake = intake
        self._host, port = split_address(listen)
        self._peers = peers.Peers()
        self._server = Server("telemetry", self, self._host, port, limits)

    async def start(self) -> None:
        """Begins to listen. Raises OSError."""
        await self._server.start()

    @property
    def address(self) -> str:
        """Where agents send to."""
        return f"{f'[{self._host}]' if ':' in self._host else self._host}:{self._server.port}"

    async def stop(self) -> None:
        """Lets go of the address and ends the connections."""
        await self._server.stop()

    async def connected(self, peer: Any, here: Any) -> Answer:
        """What answers a process of this user. Raises BadRequest for the others."""
        try:
            known = await self._peers.look_up(peers.name_of(peer), peers.name_of(here))
        except Refused as error:
            raise BadRequest(error.code, str(error)) from error
        return partial(self._answer, known)

    def refuse(self, error: BadRequest) -> Response:
        """The refusal of what was not read so far that its form is known."""
        return self._refusal("protobuf", error.code, str(error))

    async def _answer(self, peer: peers.Peer, request: Request, body: Body) -> Response:
        form = _FORMS.get(_content_type(request), "protobuf")
        try:
            signal = _check(request, self._intake.token)
            plain = await _plain(request, await body.read(MAX_BODY_BYTES))
            passed_by = request.headers.get(LOOP_HEADER, "")
            taken = await self._intake.take("http", signal, form, plain, peer, passed_by)
        except (BadRequest, Refused) as error:
            return self._refusal(form, error.code, str(error))
        return Response(200, taken, _TYPES[form])

    def _refusal(self, form: Form, code: int, text: str) -> Response:
        self._intake.counters.refuse("http", code)
        # A client may send what was refused with 429 and 503 again, and nothing else.
        headers = {"Retry-After": "5"} if code in (429, 503) else {}
        return Response(code, otlp.refusal(form, code, text), _TYPES[form], headers)


async def _plain(request: Request, body: bytes) -> bytes:
    """A body as it was before it was compressed. Raises Refused."""
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding in _CODINGS:
        return await asyncio.to_thread(otlp.inflate, body)
    if coding not in ("", "identity"):
        raise Refused(415, "only gzip and deflate are understood as Content-Encoding")
    return body


def _check(request: Request, own_token: str) -> Signal:
    """Returns the signal of a request that is accepted. Raises Refused."""
    if own_token in request.headers.get(LOOP_HEADER, "").split(","):
        raise Refused(508, "telemetry.forward leads back to this obsd")
    if not _is_here(request.headers.get("host", "")) or "origin" in request.headers:
        raise Refused(403, "this address is for agents on this machine")
    signal = _PATHS.get(request.path.rstrip("/"))
    if signal is None:
        raise Refused(404, "not found; OTLP goes to /v1/metrics, /v1/logs and /v1/traces")
    if request.method != "POST":
        raise Refused(405, "OTLP is sent with POST")
    if _content_type(request) not in _FORMS:
        raise Refused(415, "the Content-Type is application/x-protobuf or application/json")
    return signal


def _is_here(host: str) -> bool:
    """Whether a Host header, with a port or without one, names this machine's loopback."""
    for form in (host, f"{host}:0"):
        try:
            return is_loopback(split_address(form)[0])
        except ValueError:
            continue
    return False


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
