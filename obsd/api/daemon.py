"""DaemonService: the daemon's own state, its metrics and its configuration. On the event loop."""

from __future__ import annotations

import os
from typing import Any

from obsd import rpc_encoding
from obsd.api.daemon_protocol import DaemonPort
from obsd.api.workspaces import described_all
from obsd.host import paths
from obsd.text import printable
from obsd.v1 import daemon_pb2 as pb
from obsd.v1 import daemon_pb2_grpc


class DaemonService(daemon_pb2_grpc.DaemonServiceServicer):
    """Serves one daemon, whose socket is `socket`."""

    def __init__(self, daemon: DaemonPort, socket: str) -> None:
        self._daemon = daemon
        self._socket = socket

    async def GetStatus(self, request: pb.GetStatusRequest, context: Any) -> pb.GetStatusResponse:  # noqa: N802
        """Returns everything that `obsctl status` shows."""
        daemon = self._daemon
        size_bytes = await daemon.recorder.query(lambda ledger: ledger.size_bytes())
        config_file = daemon.config.path
        status = pb.GetStatusResponse(
            version=daemon.version,
            pid=os.getpid(),
            socket=self._socket,
            metrics_url=daemon.metrics_url,
            warnings=[
                pb.Warning(
                    code=held.code,
                    severity=held.severity,
                    text=printable(held.text),
                    hint=printable(held.hint),
                    workspace=printable(held.workspace),
                )
                for held in daemon.health.list()
            ],
            workspaces=await described_all(daemon),
            config_file="" if config_file is None else printable(str(config_file)),
            ledger_file=printable(str(paths.ledger_file())),
            ledger_bytes=size_bytes,
            spool_folder=printable(str(paths.spool_dir())),
            author_sources=[
                pb.AuthorSource(source=name, up=state.up, text=printable(state.text), hint=printable(state.hint))
                for name, state in daemon.authors.states.items()
            ],
        )
        if daemon.up_since:
            status.up_since.CopyFrom(rpc_encoding.timestamp(daemon.up_since))
        return status

    async def GetMetrics(self, request: pb.GetMetricsRequest, context: Any) -> pb.GetMetricsResponse:  # noqa: N802
        """Returns the text that a scrape gets, but for the series of the process."""
        return pb.GetMetricsResponse(text=self._daemon.views.metrics.exposition().decode())

    async def OpenPage(self, request: pb.OpenPageRequest, context: Any) -> pb.OpenPageResponse:  # noqa: N802
        """Returns an address that opens the page."""
        url, seconds = self._daemon.page_address(request.uid)
        return pb.OpenPageResponse(url=url, expires_seconds=int(seconds))

    async def Reload(self, request: pb.ReloadRequest, context: Any) -> pb.ReloadResponse:  # noqa: N802
        """Reads the configuration again."""
        changed, needs_restart = await self._daemon.reload()
        return pb.ReloadResponse(changed=changed, needs_restart=needs_restart)
