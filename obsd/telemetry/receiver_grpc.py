"""OTLP over gRPC: the three Export services, by their standard names, on a loopback address.

Owns a server of its own. Bodies are read by us: no generated service of OpenTelemetry's is needed. On the event loop.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc

from obsd.host.addresses import split_address
from obsd.telemetry import otlp, peers
from obsd.telemetry.intake import Intake
from obsd.telemetry.otlp import MAX_BODY_BYTES, Refused, Signal

STOP_SECONDS: Final = 0.3
MAX_CALLS: Final = 64
"""Requests that are read at a time; others wait unread, so that they cost no memory."""
MAX_WAITING: Final = 1_000
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_BODY_BYTES),
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.so_reuseport", 0),
    # gRPC 1.51 inflates a message before it looks at its size: we do it ourselves, within the limit.
    ("grpc.per_message_decompression", 0),
)
_SERVICES: Final[dict[Signal, str]] = {
    "metrics": "opentelemetry.proto.collector.metrics.v1.MetricsService",
    "logs": "opentelemetry.proto.collector.logs.v1.LogsService",
    "traces": "opentelemetry.proto.collector.trace.v1.TraceService",
}
PeerOf = Callable[[Any], Awaitable[peers.Peer]]
_STATUSES: Final = {status.value[0]: status for status in grpc.StatusCode}


class Exports:
    """The three services, for a server of gRPC; `peer_of` says who calls, and raises Refused for whom is not taken."""

    def __init__(self, intake: Intake, peer_of: PeerOf) -> None:
        self._intake = intake
        self._peer_of = peer_of
        self._room = asyncio.Semaphore(MAX_CALLS)
        self._calls = 0

    def handlers(self) -> tuple[grpc.GenericRpcHandler[Any, Any], ...]:
        """One for each signal."""
        return tuple(self._handlers(signal) for signal in otlp.SIGNALS)

    def _handlers(self, signal: Signal) -> grpc.GenericRpcHandler[Any, Any]:
        async def export(requests: Any, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
            try:
                return await self._take(signal, requests, context)
            except Refused as error:
                self._intake.counters.refuse("grpc", error.code)
                code = _STATUSES[otlp.GRPC_CODES.get(error.code, 2)]
                await context.abort(code, str(error))

        # On the wire a stream of one request is the same; but it is read when we ask for it, and not before.
        return grpc.method_handlers_generic_handler(
            _SERVICES[signal], {"Export": grpc.stream_unary_rpc_method_handler(export)}
        )

    async def _take(self, signal: Signal, requests: Any, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
        """The answer to a call. Raises Refused."""
        if self._calls >= MAX_CALLS + MAX_WAITING:
            raise Refused(503, "too many requests at once")
        self._calls += 1
        try:
            peer = await self._peer_of(context)
            async with self._room:
                body: bytes | None = await anext(aiter(requests), None)
                if body is None:
                    raise Refused(400, "no request came")
                if otlp.is_compressed(body):
                    body = await asyncio.to_thread(otlp.inflate, body)
                return await self._intake.take("grpc", signal, "protobuf", body, peer)
        finally:
            self._calls -= 1


class GrpcReceiver:
    """Receives at one address of this machine until it is stopped."""

    def __init__(self, intake: Intake, listen: str) -> None:
        self._intake = intake
        self._host, self._port = split_address(listen)
        self._peers = peers.Peers()
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Begins to listen. Raises OSError."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        await asyncio.to_thread(try_address, self._host, self._port)
        server = grpc.aio.server(options=_OPTIONS)
        server.add_generic_rpc_handlers(Exports(self._intake, self._peer).handlers())
        try:
            self._port = server.add_insecure_port(f"{host}:{self._port}") or self._port
        except RuntimeError as error:
            raise OSError(errno.EADDRINUSE, str(error)) from error
        await server.start()
        self._server = server

    @property
    def address(self) -> str:
        """Where agents send to."""
        return f"{f'[{self._host}]' if ':' in self._host else self._host}:{self._port}"

    async def stop(self) -> None:
        """Lets calls under way finish, and ends."""
        if self._server is not None:
            await self._server.stop(STOP_SECONDS)
            self._server = None

    async def _peer(self, context: grpc.aio.ServicerContext[Any, Any]) -> peers.Peer:
        address = peers.parse(context.peer())
        return await self._peers.look_up(address, (address[0], self._port))


def try_address(host: str, port: int) -> None:
    """Raises OSError where the address cannot be had: gRPC says no more than that it failed, and logs it."""
    if not port:
        return
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind(address)
        trial.listen(1)
