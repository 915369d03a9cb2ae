"""OTLP over HTTP: /v1/metrics, /v1/logs and /v1/traces, binary and JSON, on a loopback address.

Owns the listening socket, the connections and their limits. A web page is not heard: the Host has to be this
machine, an Origin is refused, and only OTLP's own content types are taken. On the event loop; no timer while nobody is
connected.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from obsd.host.addresses import is_loopback, split_address
from obsd.http_server import MAX_HEAD_BYTES, BadRequest, Request, Response, parse
from obsd.tasks.supervision import spawn
from obsd.telemetry import otlp, peers
from obsd.telemetry.http_body import read_body
from obsd.telemetry.intake import Intake
from obsd.telemetry.otlp import Form, Refused, Signal

log = logging.getLogger(__name__)

MAX_CONNECTIONS: Final = 64
MAX_TURNED_AWAY: Final = 8
TURN_AWAY_SECONDS: Final = 5.0
IDLE_SECONDS: Final = 90.0
BODY_SECONDS: Final = 20.0
WRITE_SECONDS: Final = 10.0
_FORMS: Final[dict[str, Form]] = {"application/x-protobuf": "protobuf", "application/json": "json"}
_TYPES: Final = {form: content_type for content_type, form in _FORMS.items()}
_PATHS: Final[dict[str, Signal]] = {f"/v1/{signal}": signal for signal in otlp.SIGNALS}


class HttpReceiver:
    """Receives at one address of this machine until it is stopped."""

    def __init__(self, intake: Intake, listen: str) -> None:
        self._intake = intake
        self._host, self._port = split_address(listen)
        self._peers = peers.Peers()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._turned_away = 0

    async def start(self) -> None:
        """Begins to listen. Raises OSError."""
        self._server = await asyncio.start_server(
            self._accepted, self._host, self._port, limit=MAX_HEAD_BYTES, reuse_port=False
        )
        self._port = self._server.sockets[0].getsockname()[1]

    @property
    def address(self) -> str:
        """Where agents send to."""
        return f"{f'[{self._host}]' if ':' in self._host else self._host}:{self._port}"

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
        task = spawn("a connection that sends telemetry", self._converse(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            peer = await self._peer(writer)
            if peer is None:
                await self._turn_away(reader, writer)
            elif len(self._tasks) - self._turned_away > MAX_CONNECTIONS:
                await _send(writer, self._refusal("protobuf", Refused(503, "too many connections")), keep_alive=False)
            else:
                while await self._exchange(reader, writer, peer):
                    pass
            writer.close()
            await asyncio.wait_for(writer.wait_closed(), WRITE_SECONDS)
        except (OSError, TimeoutError, EOFError, asyncio.CancelledError):
            pass  # the client went, or was too slow, or obsd stops
        except Exception:
            log.exception("a connection of telemetry failed")
        finally:
            writer.transport.abort()

    async def _peer(self, writer: asyncio.StreamWriter) -> peers.Peer | None:
        """The process at the other end; None: it is not one that is heard."""
        here, there = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
        try:
            return await self._peers.look_up(peers.name_of(there), peers.name_of(here))
        except Refused:
            return None

    async def _turn_away(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Tells another user's process that it is not heard: a few at a time, so that they take nobody's place."""
        self._turned_away += 1
        try:
            if self._turned_away <= MAX_TURNED_AWAY:
                await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), TURN_AWAY_SECONDS)
            refused = Refused(403, "only processes of the user that runs obsd are heard")
            await _send(writer, self._refusal("protobuf", refused), keep_alive=False)
        except asyncio.LimitOverrunError:
            pass  # nothing that it sends is of interest
        finally:
            self._turned_away -= 1

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, peer: peers.Peer) -> bool:
        """One request and its response; whether another may follow."""
        form: Form = "protobuf"
        keep_alive = False
        try:
            request = parse(await _head(reader))
            form = _FORMS.get(_content_type(request), "protobuf")
            response, keep_alive = await self._answer(request, form, reader, writer, peer)
        except (BadRequest, Refused) as error:
            response = self._refusal(form, Refused(error.code, str(error)))
        await _send(writer, response, keep_alive)
        return keep_alive

    async def _answer(
        self,
        request: Request,
        form: Form,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        peer: peers.Peer,
    ) -> tuple[Response, bool]:
        """The response, and whether the body was read, so that another request may follow."""
        signal = _check(request)
        if request.headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await asyncio.wait_for(read_body(reader, request), BODY_SECONDS)
        coding = request.headers.get("content-encoding", "identity").strip().lower()
        try:
            if coding == "gzip":
                body = await asyncio.to_thread(otlp.inflate, body)
            elif coding != "identity":
                raise Refused(415, "only gzip is understood as Content-Encoding")
            taken = await self._intake.take("http", signal, form, body, peer)
        except Refused as error:
            return self._refusal(form, error), request.keep_alive
        return Response(200, taken, _TYPES[form]), request.keep_alive

    def _refusal(self, form: Form, error: Refused) -> Response:
        self._intake.tally.refuse("http", error.code)
        # A client may send what was refused with 429 and 503 again, and nothing else.
        headers = {"Retry-After": "5"} if error.code in (429, 503) else {}
        return Response(error.code, otlp.refusal(form, error.code, str(error)), _TYPES[form], headers)


def _check(request: Request) -> Signal:
    """The signal that a request is of, when it is one that is heard. Raises Refused."""
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


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_SECONDS)
    except asyncio.LimitOverrunError as error:
        raise Refused(431, f"a request's head has at most {MAX_HEAD_BYTES} bytes") from error


async def _send(writer: asyncio.StreamWriter, response: Response, keep_alive: bool) -> None:
    writer.write(response.encode(keep_alive))
    await asyncio.wait_for(writer.drain(), WRITE_SECONDS)
