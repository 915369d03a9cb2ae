"""grpc.health.v1: reports the server and its services as serving from start to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from obsd.errors import NotFound
from obsd.text import printable
from obsd.v1 import health_pb2 as pb
from obsd.v1 import health_pb2_grpc

_SERVICES = frozenset(
    {
        "",
        "grpc.health.v1.Health",
        "obsd.v1.ActivityService",
        "obsd.v1.AgentService",
        "obsd.v1.CommitService",
        "obsd.v1.DaemonService",
        "obsd.v1.LineService",
        "obsd.v1.WorkspaceService",
    }
)


class HealthService(health_pb2_grpc.HealthServicer):
    """Reports SERVING until `stop`."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()

    async def Check(self, request: pb.HealthCheckRequest, context: Any) -> pb.HealthCheckResponse:  # noqa: N802
        """Returns the present state."""
        if request.service not in _SERVICES:
            raise NotFound("unknown_service", f"there is no service {printable(request.service[:200])}")
        return pb.HealthCheckResponse(status=self._status())

    async def Watch(self, request: pb.HealthCheckRequest, context: Any) -> AsyncIterator[pb.HealthCheckResponse]:  # noqa: N802
        """Streams the present state, and the next when the daemon stops."""
        if request.service not in _SERVICES:
            yield pb.HealthCheckResponse(status=pb.HealthCheckResponse.SERVICE_UNKNOWN)
            await self._stopping.wait()
            return
        yield pb.HealthCheckResponse(status=self._status())
        if not self._stopping.is_set():
            await self._stopping.wait()
            yield pb.HealthCheckResponse(status=self._status())

    def stop(self) -> None:
        """Reports NOT_SERVING from now on; the streams report it and end."""
        self._stopping.set()

    def _status(self) -> pb.HealthCheckResponse.ServingStatus:
        stopped = self._stopping.is_set()
        return pb.HealthCheckResponse.NOT_SERVING if stopped else pb.HealthCheckResponse.SERVING
