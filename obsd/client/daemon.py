"""What the client asks of the DaemonService and of gRPC's health service."""

from __future__ import annotations

from obsd.client.calls import Calls
from obsd.v1 import daemon_pb2, health_pb2


class DaemonCalls(Calls):
    """The calls of the DaemonService and of the health service."""

    def status(self) -> daemon_pb2.GetStatusResponse:
        """Returns the state of the daemon and all its workspaces."""
        return self._call("DaemonService/GetStatus", daemon_pb2.GetStatusRequest(), daemon_pb2.GetStatusResponse)

    def metrics(self) -> str:
        """Returns the metrics in the exposition format 0.0.4."""
        request = daemon_pb2.GetMetricsRequest()
        return self._call("DaemonService/GetMetrics", request, daemon_pb2.GetMetricsResponse).text

    def open_page(self, uid: int) -> daemon_pb2.OpenPageResponse:
        """Returns an address that opens the page once, for a user. Errors: Unavailable."""
        request = daemon_pb2.OpenPageRequest(uid=uid)
        return self._call("DaemonService/OpenPage", request, daemon_pb2.OpenPageResponse)

    def reload(self) -> daemon_pb2.ReloadResponse:
        """Makes the daemon read its configuration again. Errors: ConfigError, if nothing was changed."""
        return self._call("DaemonService/Reload", daemon_pb2.ReloadRequest(), daemon_pb2.ReloadResponse)

    def serving(self, service: str = "") -> bool:
        """Returns whether the server, or one service by its full name, reports that it serves."""
        request = health_pb2.HealthCheckRequest(service=service)
        answer = self._call("grpc.health.v1.Health/Check", request, health_pb2.HealthCheckResponse)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
