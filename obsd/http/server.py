"""An HTTP/1.1 server on one address, for scrapes, telemetry and the page; an application decides what is answered.

Owns the listening sockets, the connections and their limits: who waits too long is dropped, who came when there is no
room makes an idle one go or gets 503, and who is refused may finish sending, so that the refusal is read. On the event
loop, without a thread and without a timer while nobody is connected.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from obsd.host.listening import listening_sockets
from obsd.http.messages import MAX_HEAD_BYTES, BadRequest, Request, Response, parse, read_body
from obsd.tasks.supervision import cancel, spawn, start, supervise

log = logging.getLogger(__name__)

ACCEPT_RETRY_SECONDS: Final = 1.0
_STALLED_SECONDS: Final = 2.0
"""A body that took so long already may have to make room for a new connection."""
_MOST: Final = 4
"""So many times the connections that are served may be under way to be served or refused."""
_EXHAUSTED: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


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


USUAL_LIMITS: Final = Limits()


class Body:
    """The body of a request, read when an application asks for it. `complete` is False while bytes of it may come."""

    def __init__(self, connection: _Connection, request: Request) -> None:
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


class Application(Protocol):
    """What a server serves."""

    async def connected(self, peer: Any, here: Any) -> Answer:
        """What answers the requests of a new connection between two addresses. Raises BadRequest for a stranger."""

    def refuse(self, error: BadRequest) -> Response:
        """The response to what is no request, or finds no room."""


class Server:
    """Serves an application on `host` ("": all addresses) and `port` (0: a free one) until it is stopped.

    `what` says for the log what comes in.
    """

    def __init__(self, what: str, application: Application, host: str, port: int, limits: Limits) -> None:
        self._what = what
        self.application = application
        self.limits = limits
        self.port = port
        self.idle: dict[asyncio.Task[None] | None, None] = {}
        """Who waits for a head, the one that waits longest first."""
        self.reading: dict[asyncio.Task[None] | None, float] = {}
        """Who waits for a body, and since when."""
        self._host = host
        self._listening: list[socket.socket] = []
        self._accepting: list[asyncio.Task[None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._served = 0
        self._turned_away = 0
        self._exhausted = False

    @property
    def serving(self) -> bool:
        """Whether it listens."""
        return bool(self._listening)

    async def start(self) -> None:
        """Begins to listen. Raises OSError."""
        self._listening = await asyncio.to_thread(listening_sockets, self._host, self.port)
        self.port = self._listening[0].getsockname()[1]
        self._accepting = [
            supervise(f"the accepting of {self._what}", partial(self._accept, one)) for one in self._listening
        ]

    async def stop(self) -> None:
        """Lets go of the address and ends the connections."""
        ended = [*self._accepting, *self._tasks]
        for task in ended:
            task.cancel()
        await asyncio.gather(*ended, return_exceptions=True)
        for listening in self._listening:
            listening.close()
        self._listening, self._accepting = [], []

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, _ = await loop.sock_accept(listening)
            except OSError as error:
                await self._not_accepted(error)
                continue
            self._exhausted = False
            if len(self._tasks) >= _MOST * self.limits.connections:
                self.application.refuse(BadRequest(503, "too many connections"))
                accepted.close()
                continue
            task = spawn("a connection", self._serve(accepted))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            # The new task looks at once who it is, as a client that hung up is harder to know; a flood starves nobody.
            await asyncio.sleep(0)

    async def _not_accepted(self, error: OSError) -> None:
        """A client that went before it was accepted is nothing; at the limit of descriptors an idle one makes room."""
        if error.errno not in _EXHAUSTED:
            await asyncio.sleep(0)
            return
        if not self._exhausted:
            log.warning("no connection can be accepted on port %d: %s", self.port, error.strerror)
        self._exhausted = True
        self._make_room()
        await asyncio.sleep(ACCEPT_RETRY_SECONDS)

    async def _serve(self, accepted: socket.socket) -> None:
        try:
            answer = await self._admit(accepted)
            connection = await _Connection.over(accepted, self)
        except (OSError, asyncio.CancelledError):
            accepted.close()
            return
        try:
            await self._converse(connection, answer)
            connection.writer.close()
            async with asyncio.timeout(self.limits.write_seconds):
                await connection.writer.wait_closed()
        except (OSError, TimeoutError, EOFError, asyncio.CancelledError):
            pass  # the client went, or was too slow, or has to make room
        except Exception:
            log.exception("a connection failed")
        finally:
            connection.writer.transport.abort()

    async def _admit(self, accepted: socket.socket) -> Answer | Response:
        """What answers a connection; a response is all that it gets. Raises OSError for a client that went."""
        try:
            answer = await self.application.connected(accepted.getpeername(), accepted.getsockname())
            if self._served >= self.limits.connections and not self._make_room():
                raise BadRequest(503, "too many connections")
        except BadRequest as error:
            return self.application.refuse(error)
        return answer

    async def _converse(self, connection: _Connection, answer: Answer | Response) -> None:
        if isinstance(answer, Response):
            await self._turn_away(connection, answer)
            return
        self._served += 1
        try:
            seconds = self.limits.head_seconds
            while await connection.exchange(answer, seconds):
                seconds = self.limits.idle_seconds
        finally:
            self._served -= 1

    async def _turn_away(self, connection: _Connection, refusal: Response) -> None:
        """The same response to whatever the client asks first."""
        if self._turned_away >= self.limits.connections:
            return
        self._turned_away += 1
        try:
            async with asyncio.timeout(self.limits.linger_seconds):
                await connection.reader.readuntil(b"\r\n\r\n")
            await connection.send(refusal.encode(keep_alive=False))
            await connection.linger()
        except asyncio.LimitOverrunError:
            pass  # nothing that it sends is of interest
        finally:
            self._turned_away -= 1

    def _make_room(self) -> bool:
        """Ends the connection that has waited longest for a next request, else one that does not send its body."""
        task = next(iter(self.idle), None)
        if task is None:
            long_ago = asyncio.get_running_loop().time() - _STALLED_SECONDS
            task = next((one for one, since in self.reading.items() if since < long_ago), None)
        if task is None:
            return False
        self.idle.pop(task, None)
        self.reading.pop(task, None)
        return task.cancel()


class _Connection:
    """One connection of a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: Server) -> None:
        self.reader = reader
        self.writer = writer
        self._server = server

    @classmethod
    async def over(cls, accepted: socket.socket, server: Server) -> _Connection:
        """A connection over an accepted socket."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=MAX_HEAD_BYTES, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, accepted)
        return cls(reader, asyncio.StreamWriter(transport, protocol, reader, loop), server)

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
            response = self._server.application.refuse(error)
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
        async with asyncio.timeout(self._server.limits.write_seconds):
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
        left = self._server.limits.linger_bytes
        self.writer.write_eof()
        async with asyncio.timeout(self._server.limits.linger_seconds):
            while left > 0 and (dropped := await self.reader.read(1 << 16)):
                left -= len(dropped)

    async def body(self, request: Request, max_bytes: int) -> bytes:
        """All of a request's body."""
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        self._server.reading[task] = loop.time()
        try:
            async with asyncio.timeout(self._server.limits.body_seconds):
                return await read_body(self.reader, request, max_bytes)
        finally:
            self._server.reading.pop(task, None)

    async def _head(self, seconds: float) -> bytes:
        task = asyncio.current_task()
        self._server.idle[task] = None
        try:
            async with asyncio.timeout(seconds):
                return await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError as error:
            raise BadRequest(431, f"a request's head has at most {MAX_HEAD_BYTES} bytes") from error
        finally:
            self._server.idle.pop(task, None)


async def _next(parts: AsyncGenerator[bytes, None]) -> bytes:
    """The next part, none of which is empty; b"" at the end."""
    return await anext(parts, b"")
