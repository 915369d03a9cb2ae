"""The HTTP server that scrapes and telemetry share: who finds no room, and what a client sees of it."""

from __future__ import annotations

import asyncio
from typing import Any

from obsd.http.connection import Answer, Body, Limits
from obsd.http.messages import BadRequest, Request, Response
from obsd.http.server import Server

ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Busy:
    """An application that answers when it is allowed to; `asked` and `refused` are what `came`."""

    def __init__(self) -> None:
        self.asked = 0
        self.refused: list[int] = []
        self.allowed = asyncio.Event()
        self.came = asyncio.Semaphore(0)

    async def connected(self, peer: Any, here: Any) -> Answer:
        """Everybody may ask."""
        return self.answer

    async def answer(self, request: Request, body: Body) -> Response:
        """Waits for its permission."""
        self.asked += 1
        self.came.release()
        await self.allowed.wait()
        return Response(200, b"ok")

    def refuse(self, error: BadRequest) -> Response:
        """Says the code alone."""
        self.refused.append(error.code)
        self.came.release()
        return Response(error.code, b"")


def test_a_server_whose_connections_all_work_refuses_more_and_says_so() -> None:
    async def main() -> None:
        busy = Busy()
        server = Server("tests", busy, "127.0.0.1", 0, Limits(connections=2))
        await server.start()
        clients = []
        for _ in range(4):
            clients.append(await asyncio.open_connection("127.0.0.1", server.port))
            clients[-1][1].write(ASK)
            async with asyncio.timeout(20):
                await busy.came.acquire()
        refusals = [await reader.readuntil(b"\r\n\r\n") for reader, _ in clients[2:]]
        assert {answer.split()[1] for answer in refusals} == {b"503"}
        assert (busy.asked, busy.refused) == (2, [503, 503])
        busy.allowed.set()
        for reader, _ in clients[:2]:
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        for _, writer in clients:
            writer.close()
        await server.stop()

    asyncio.run(main())
