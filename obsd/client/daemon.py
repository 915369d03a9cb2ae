"""What the client asks of the DaemonService and of gRPC's health service."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from obsd.client.calls import Calls
from obsd.v1 import daemon_pb2, daemon_pb2_grpc, health_pb2, health_pb2_grpc


class DaemonCalls(Calls):
    """The calls of the DaemonService and of the health service."""

    @cached_property
    def _daemon(self) -> Any:
        return daemon_pb2_grpc.DaemonServiceStub(self._channel)

    @cached_property
    def _health(self) -> Any:
        return health_pb2_grpc.HealthStub(self._channel)

    def status(self) -> daemon_pb2.GetStatusResponse:
        """Returns the state of the daemon and all its workspaces."""
        answer: daemon_pb2.GetStatusResponse = self._call(self._daemon.GetStatus, daemon_pb2.GetStatusRequest())
        return answer

    def metrics(self) -> str:
        """Returns the metrics in the exposition format 0.0.4."""
        return str(self._call(self._daemon.GetMetrics, daemon_pb2.GetMetricsRequest()).text)

    def open_page(self, uid: int) -> daemon_pb2.OpenPageResponse:
        """Returns an address that opens the page once, for a user. Errors: Unavailable."""
        request = daemon_pb2.OpenPageRequest(uid=uid)
        answer: daemon_pb2.OpenPageResponse = self._call(self._daemon.OpenPage, request)
        return answer

    def reload(self) -> daemon_pb2.ReloadResponse:
        """Makes the daemon read its configuration again. Errors: ConfigError, if nothing was changed."""
        answer: daemon_pb2.ReloadResponse = self._call(self._daemon.Reload, daemon_pb2.ReloadRequest())
        return answer

    def serving(self, service: str = "") -> bool:
        """Returns whether the server, or one service by its full name, reports that it serves."""
        status = self._call(self._health.Check, health_pb2.HealthCheckRequest(service=service)).status
        return bool(status == health_pb2.HealthCheckResponse.SERVING)
