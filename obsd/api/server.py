"""The gRPC server: its socket, its limits, its services, and its shutdown.

Owns the socket file. The caller of `serve` must hold the daemon's lock, so that an existing socket is a stale one. On
the event loop.
"""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

import grpc

from obsd import api_socket
from obsd.api.activity import ActivityService
from obsd.api.agents import AgentService
from obsd.api.commits import CommitService
from obsd.api.daemon import DaemonService
from obsd.api.daemon_protocol import DaemonPort
from obsd.api.errors import ErrorMapper
from obsd.api.field_limits import MAX_REQUEST_BYTES
from obsd.api.health import HealthService
from obsd.api.lines import LineService
from obsd.api.report import ReportService
from obsd.api.workspaces import WorkspaceService
from obsd.errors import NotPermitted, Unavailable
from obsd.host import paths
from obsd.text import printable
from obsd.v1 import (
    activity_pb2_grpc,
    agents_pb2_grpc,
    commit_pb2_grpc,
    daemon_pb2_grpc,
    health_pb2_grpc,
    lines_pb2_grpc,
    report_pb2_grpc,
    workspace_pb2_grpc,
)

log = logging.getLogger(__name__)

STOP_SECONDS = 0.5
"""How long running calls may take once the daemon stops; the whole shutdown has 2 s."""

_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),
    ("grpc.max_metadata_size", 16 * 1024),
    # A second server must not take the socket; on a unix socket this changes nothing else.
    ("grpc.so_reuseport", 0),
)


class ApiServer:
    """A server at `socket`, until `stop`."""

    def __init__(self, daemon: DaemonPort, socket: Path) -> None:
        self.socket = socket
        self._server = grpc.aio.server(interceptors=(ErrorMapper(),), options=_OPTIONS)
        self._activity = ActivityService(daemon)
        self._health = HealthService()
        activity_pb2_grpc.add_ActivityServiceServicer_to_server(self._activity, self._server)
        commit_pb2_grpc.add_CommitServiceServicer_to_server(CommitService(daemon), self._server)
        daemon_pb2_grpc.add_DaemonServiceServicer_to_server(DaemonService(daemon, printable(str(socket))), self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        agents_pb2_grpc.add_AgentServiceServicer_to_server(AgentService(daemon), self._server)
        lines_pb2_grpc.add_LineServiceServicer_to_server(LineService(daemon), self._server)
        report_pb2_grpc.add_ReportServiceServicer_to_server(ReportService(daemon), self._server)
        workspace_pb2_grpc.add_WorkspaceServiceServicer_to_server(WorkspaceService(daemon), self._server)

    async def start(self) -> None:
        """Binds and serves. Errors: NotPermitted (socket_in_use), Unavailable (socket_unusable)."""
        _remove_stale(self.socket)
        # The umask makes the socket 0600 from its first moment; a chmod afterwards would leave a gap.
        before = os.umask(0o177)
        try:
            self._server.add_insecure_port(api_socket.target(self.socket))
        except RuntimeError as error:
            raise _unusable(self.socket, error) from error
        finally:
            os.umask(before)
        await self._server.start()

    async def stop(self, grace: float | None = STOP_SECONDS) -> None:
        """Ends streams, lets running calls finish within `grace` seconds, and removes the socket."""
        self._health.stop()
        self._activity.end_streams()
        await self._server.stop(grace)
        self.socket.unlink(missing_ok=True)


async def serve(daemon: DaemonPort, socket: Path) -> ApiServer:
    """Returns a running server for the daemon. Errors: as `ApiServer.start`."""
    server = ApiServer(daemon, socket)
    await server.start()
    _publish(socket)
    return server


def _publish(socket: Path) -> None:
    spool = paths.spool_dir()
    try:
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        api_socket.publish(spool, socket)
    except OSError as error:
        log.warning("the hooks' spool %s cannot be written: %s", printable(str(spool)), error)


def _remove_stale(socket: Path) -> None:
    try:
        kind = socket.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise NotPermitted(
            "socket_in_use",
            f"{printable(str(socket))} exists and is not a socket",
            "move it away, or choose another path with --socket",
        )
    socket.unlink()


def _unusable(socket: Path, error: RuntimeError) -> Unavailable:
    return Unavailable(
        "socket_unusable",
        f"cannot listen at {printable(str(socket))}: {error}",
        "its folder must exist and belong to this user",
    )
