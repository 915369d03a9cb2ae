"""The server for containers and other machines: gRPC over mutual TLS, for reports and telemetry alone.

Owns its socket and what a certificate allows: reports of hooks, and OpenTelemetry. Nothing can be read or changed here;
there is no call for it. On the event loop.
"""

from __future__ import annotations

import asyncio
import errno
import logging
from typing import Any, Final

import grpc

from obsd.api import certificates
from obsd.api.commits import CommitService
from obsd.api.daemon_protocol import DaemonPort
from obsd.api.errors import ErrorMapper
from obsd.api.field_limits import MAX_REQUEST_BYTES
from obsd.config import ApiConfig
from obsd.host.addresses import split_address
from obsd.telemetry.otlp import MAX_BODY_BYTES
from obsd.telemetry.peers import Peer
from obsd.telemetry.receiver_grpc import Exports, try_address
from obsd.v1 import commit_pb2 as pb
from obsd.v1 import commit_pb2_grpc

log = logging.getLogger(__name__)

STOP_SECONDS: Final = 0.3
WORKSPACE_HEADER: Final = "obsd-workspace"
"""In the metadata of telemetry: the workspace, by name or path, that its sender works in."""

_ANOTHER: Final = "another machine"
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", max(MAX_REQUEST_BYTES, MAX_BODY_BYTES)),
    ("grpc.max_metadata_size", 16 * 1024),
    ("grpc.so_reuseport", 0),
    ("grpc.max_concurrent_streams", 32),
    ("grpc.max_connection_idle_ms", 600_000),
    ("grpc.per_message_decompression", 0),
)


class RemoteServer:
    """Serves at one address until it is stopped."""

    def __init__(self, daemon: DaemonPort, config: ApiConfig) -> None:
        self._daemon = daemon
        self._config = config
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Begins to listen. Raises OSError."""
        files = await asyncio.to_thread(certificates.load, self._config)
        host, port = split_address(self._config.listen)
        await asyncio.to_thread(try_address, host, port)
        server = grpc.aio.server(interceptors=(ErrorMapper(),), options=_OPTIONS)
        commit_pb2_grpc.add_CommitServiceServicer_to_server(RemoteCommits(self._daemon), server)
        exports = Exports(self._daemon.telemetry.intake, self._peer)
        server.add_generic_rpc_handlers(exports.handlers())
        credentials = grpc.ssl_server_credentials(
            [(files.key, files.certificate)], root_certificates=files.client_authority, require_client_auth=True
        )
        shown = f"[{host}]" if ":" in host else host or "[::]"
        try:
            port = server.add_secure_port(f"{shown}:{port}", credentials)
        except RuntimeError as error:
            raise OSError(errno.EADDRINUSE, str(error)) from error
        if not port:
            raise OSError(errno.EADDRINUSE, "the address cannot be had")
        await server.start()
        self._server = server
        log.info("reports of other machines are received on %s:%d, with certificates", shown, port)

    async def stop(self) -> None:
        """Lets calls under way finish, and ends."""
        if self._server is not None:
            await self._server.stop(STOP_SECONDS)
            self._server = None

    async def _peer(self, context: Any) -> Peer:
        """Who sends telemetry: nobody of this machine, in the workspace that its metadata names."""
        named = dict(context.invocation_metadata() or ()).get(WORKSPACE_HEADER, "")
        known = {name: one.path for one in self._daemon.registry.list() for name in (one.name, one.path)}
        return Peer(folder=known.get(named if isinstance(named, str) else "", ""), elsewhere=True)


class RemoteCommits(CommitService):
    """Takes the reports of others: their pids are none of this machine."""

    async def ReportCommits(self, request: pb.ReportCommitsRequest, context: Any) -> pb.ReportCommitsResponse:  # noqa: N802
        """As on the socket."""
        for report in request.reports:
            report.pid_namespace = _ANOTHER
        return await super().ReportCommits(request, context)
