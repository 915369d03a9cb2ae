"""One connection of an HTTP/1.1 server: requests read, responses written, within the server's limits.

Owns what happens on the wire of one connection; whom it is with, and what is answered, is the server's. On the event
loop.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

from obsd.http.messages import MAX_HEAD_BYTES, BadRequest, Request, Response, parse, read_body
from obsd.tasks.supervision import cancel, start


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may take; times in seconds. As many as `connections` may beside them be in their refusal."""

    connections: int = 64
    head_seconds: float = 10.0
    idle_seconds: float = 150.0
    """Longer than a usual scrape interval, so that Prometheus keeps its connection."""
    body_seconds: float = 20.0
    write_seconds: float = 30.0
    linger_seconds: float = 5.0
    linger_bytes: int = 64 << 20


@dataclass(slots=True)
class Room:
    """What the connections of a server share: its limits, and how it refuses what is no request."""

    limits: Limits
    refuse: Callable[[BadRequest], Response]
    idle: dict[asyncio.Task[None] | None, None] = field(default_factory=dict)
    """Who waits for a head, the one that waits longest first."""
    reading: dict[asyncio.Task[None] | None, float] = field(default_factory=dict)
    """Who waits for a body, and since when."""


class Body:
    """The body of a request, read when an application asks for it. `complete` is False while bytes of it may come."""

    def __init__(self, connection: Connection, request: Request) -> None:
        self._connection = connection
        self._request = request
        self.complete = not request.has_body

    async def read(self, max_bytes: int) -> bytes:
        """All of it. Raises BadRequest, and EOFError or TimeoutError when the client does not send it."""
        if self._request.headers.get("expect", "").lower() == "100-continue":
            self._connection.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await self._connection.body(self._request, max_bytes)
        self.complete = True
        return body


Answer = Callable[[Request, Body], Awaitable[Response]]


class Connection:
    """One connection; `room` is what it shares with the others of its server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, room: Room) -> None:
        self.reader = reader
        self.writer = writer
        self._room = room

    @classmethod
    async def over(cls, accepted: socket.socket, room: Room, tls: ssl.SSLContext | None = None) -> Connection:
        """A connection over an accepted socket, once TLS is agreed upon. Raises OSError."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=MAX_HEAD_BYTES, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        seconds = room.limits.head_seconds if tls is not None else None
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol, accepted, ssl=tls, ssl_handshake_timeout=seconds
        )
        return cls(reader, asyncio.StreamWriter(transport, protocol, reader, loop), room)

    async def exchange(self, answer: Answer, seconds: float) -> bool:
        """One request and its response; whether another may follow."""
        head_only = keep_alive = complete = False
        try:
            request = parse(await self._head(seconds))
            head_only, body = request.method == "HEAD", Body(self, request)
            response = await answer(request, body)
            complete = body.complete
            keep_alive = request.keep_alive and complete
        except BadRequest as error:
            response = self._room.refuse(error)
        await self.send(response.encode(keep_alive, head_only))
        if response.parts is not None:
            await self._send_parts(response.parts, head_only)
            return False
        if not complete:
            await self.linger()
        return keep_alive

    async def send(self, message: bytes) -> None:
        """Write all of it. Raises TimeoutError for a client that does not read."""
        self.writer.write(message)
        async with asyncio.timeout(self._room.limits.write_seconds):
            await self.writer.drain()

    async def _send_parts(self, parts: AsyncGenerator[bytes, None], head_only: bool) -> None:
        """Writes parts as they come, until they end or the client goes; the generator is closed in every case."""
        gone = start("the end of a client", self.reader.read(1))
        coming: asyncio.Task[bytes] | None = None
        try:
            while not (head_only or gone.done()):
                coming = start("the next part", _next(parts))
                await asyncio.wait((coming, gone), return_when=asyncio.FIRST_COMPLETED)
                if not coming.done() or not (part := coming.result()):
                    return
                await self.send(part)
        finally:
            await cancel(gone, coming)
            await parts.aclose()

    async def linger(self) -> None:
        """Read and drop what still comes: a socket closed over unread bytes resets, and the client loses the answer."""
        left = self._room.limits.linger_bytes
        if self.writer.can_write_eof():  # not within TLS
            self.writer.write_eof()
        async with asyncio.timeout(self._room.limits.linger_seconds):
            while left > 0 and (dropped := await self.reader.read(1 << 16)):
                left -= len(dropped)

    async def body(self, request: Request, max_bytes: int) -> bytes:
        """All of a request's body."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        self._room.reading[task] = loop.time()
        try:
            async with asyncio.timeout(self._room.limits.body_seconds):
                return await read_body(self.reader, request, max_bytes)
        finally:
            self._room.reading.pop(task, None)

    async def _head(self, seconds: float) -> bytes:
        task = asyncio.current_task()
        self._room.idle[task] = None
        try:
            async with asyncio.timeout(seconds):
                return await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError as error:
            raise BadRequest(431, f"a request's head has at most {MAX_HEAD_BYTES} bytes") from error
        finally:
            self._room.idle.pop(task, None)


async def _next(parts: AsyncGenerator[bytes, None]) -> bytes:
    """The next part, none of which is empty; b"" at the end."""
    return await anext(parts, b"")
