"""Keeps the address for reports of containers and other machines as `[api]` has it. gRPC is imported when one is set.

Owns when it is begun and ended, and the warning. On the event loop.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from obsd.api import certificates
from obsd.api.daemon_protocol import DaemonPort
from obsd.config import ApiConfig
from obsd.http.kept_listener import KeptListener
from obsd.sources.hook_reports import ELSEWHERE_WAIT_SECONDS, REPORT_WAIT_SECONDS

if TYPE_CHECKING:
    from obsd.api.remote_server import RemoteServer

CONDITION = "api_not_served"


class RemoteEndpoint:
    """That of one daemon. Nothing is begun, and nothing costs, until an address is configured."""

    def __init__(self, daemon: DaemonPort) -> None:
        self._daemon = daemon
        self._config = ApiConfig()
        self._now: tuple[Any, ...] = ()
        self._kept: KeptListener[RemoteServer] = KeptListener("for reports of other machines", self._report)

    async def apply(self, config: ApiConfig) -> None:
        """Receive as the configuration says, with the certificates as they are now."""
        now = (config, await asyncio.to_thread(certificates.stamps, config)) if config.listen else ()
        if now == self._now:
            return
        self._config, self._now = config, now
        if not config.listen:
            self._daemon.commits.reports.wait_seconds = REPORT_WAIT_SECONDS
            await self._kept.end()
            return
        self._daemon.commits.reports.wait_seconds = ELSEWHERE_WAIT_SECONDS
        await self._daemon.telemetry.take_in()
        await self._kept.begin(partial(_server, self._daemon, config))

    async def stop(self) -> None:
        """End receiving."""
        await self._kept.end()

    def _report(self, error: OSError | None) -> None:
        if error is None:
            self._daemon.health.clear(CONDITION)
        else:
            text = error.strerror or str(error)
            self._daemon.health.raise_(CONDITION, listen=self._config.listen, error=text)


def _server(daemon: DaemonPort, config: ApiConfig) -> RemoteServer:
    from obsd.api.remote_server import RemoteServer  # imports gRPC

    return RemoteServer(daemon, config)
