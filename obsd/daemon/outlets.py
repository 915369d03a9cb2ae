"""What the daemon serves and sends beside its API: metrics, the page, the receivers of telemetry, the pushes, the
address for reports of other machines, and the list that hooks of every repository read.

Owns that each of them follows the configuration, from the start on and at every reload. On the event loop.
"""

from __future__ import annotations

from obsd.api.daemon_protocol import DaemonPort
from obsd.api.remote_endpoint import RemoteEndpoint
from obsd.config import Config, TelemetryConfig
from obsd.daemon.authors import Authors
from obsd.daemon.found_repositories import FoundRepositories
from obsd.daemon.shutdown import ShutdownStack
from obsd.exporter.endpoint import MetricsEndpoint
from obsd.exporter.formats import exposition_of
from obsd.exporter.pushgateway import Pusher
from obsd.host import paths
from obsd.usage.service import Usage
from obsd.web.endpoint import PageEndpoint


class Outlets:
    """`authors` learn where telemetry is received, whenever that was configured, and that an editor has reported."""

    def __init__(self, daemon: DaemonPort, authors: Authors) -> None:
        metrics = daemon.views.metrics
        self._endpoint = MetricsEndpoint(exposition_of(metrics.collector), lambda: bool(daemon.up_since), daemon.health)
        self._page = PageEndpoint(daemon, paths.state_dir() / "page-secret")
        self._pusher = Pusher(metrics.registry, daemon.health)
        self._telemetry = daemon.telemetry
        self._authors = authors
        daemon.telemetry.listen_to_editors(authors.editor_reported)
        self._found = FoundRepositories(daemon, paths.spool_dir())
        self._remote = RemoteEndpoint(daemon)
        self._usage = Usage(daemon.recorder, daemon.health, lambda days: metrics.vendors.take(days))

    @property
    def metrics_url(self) -> str:
        """Where Prometheus scrapes; empty while nothing listens."""
        return self._endpoint.url

    def page_address(self, user: int) -> tuple[str, float]:
        """Where a user finds the page, and for how many seconds. Errors: Unavailable."""
        return self._page.address(user)

    async def start(self, config: Config, stops: ShutdownStack) -> None:
        """Begins as configured, and has what was begun stopped."""
        stops.push("the metrics endpoint", self._endpoint.stop)
        await self._endpoint.apply(config.metrics)
        stops.push("the page", self._page.stop)
        await self._page.apply(config.web)
        stops.push("telemetry", self._telemetry.stop)
        await self._receive(config.telemetry)
        stops.push("reports of other machines", self._remote.stop)
        await self._remote.apply(config.api)
        stops.push("the pushes", self._pusher.stop)
        self._pusher.apply(config.push)
        stops.push("the vendors' days", self._usage.stop)
        await self._usage.apply(config.usage)
        stops.push("the list for hooks", self._found.stop)
        self._found.apply(config.found)

    async def apply(self, old: Config, new: Config) -> None:
        """Takes new settings."""
        await self._endpoint.apply(new.metrics)
        await self._page.apply(new.web)
        await self._receive(new.telemetry)
        if new.push != old.push:
            self._pusher.apply(new.push)
        await self._usage.apply(new.usage)
        await self._remote.apply(new.api)
        self._found.apply(new.found)

    async def _receive(self, config: TelemetryConfig) -> None:
        await self._telemetry.apply(config)
        self._authors.telemetry(config)
