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
import ssl
from functools import partial
from typing import Any, Final, Protocol

from obsd.host.listening import listening_sockets
from obsd.http.connection import Answer, Connection, Limits, Room
from obsd.http.messages import BadRequest, Response
from obsd.tasks.supervision import spawn, supervise

log = logging.getLogger(__name__)

ACCEPT_RETRY_SECONDS: Final = 1.0
_STALLED_SECONDS: Final = 2.0
"""A body that took so long already may have to make room for a new connection."""
_MOST: Final = 4
"""So many times the connections that are served may be under way to be served or refused."""
_EXHAUSTED: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


USUAL_LIMITS: Final = Limits()


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

    def __init__(
        self,
        what: str,
        application: Application,
        host: str,
        port: int,
        limits: Limits,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._what = what
        self.application = application
        self.limits = limits
        self.port = port
        self._room = Room(limits, application.refuse)
        self._host = host
        self._tls = tls
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
            connection = await Connection.over(accepted, self._room, self._tls)
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

    async def _converse(self, connection: Connection, answer: Answer | Response) -> None:
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

    async def _turn_away(self, connection: Connection, refusal: Response) -> None:
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
        task = next(iter(self._room.idle), None)
        if task is None:
            long_ago = asyncio.get_running_loop().time() - _STALLED_SECONDS
            task = next((one for one, since in self._room.reading.items() if since < long_ago), None)
        if task is None:
            return False
        self._room.idle.pop(task, None)
        self._room.reading.pop(task, None)
        return task.cancel()
