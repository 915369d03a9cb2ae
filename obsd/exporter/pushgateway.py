"""Pushes the metrics to a Pushgateway, for machines that no Prometheus can scrape.

Owns the interval and the target. The metrics are collected on the event loop, which owns the numbers, and sent by a
thread. A gateway that does not answer is a warning, and the next push is tried as usual; missed pushes are not stored,
because counters lose nothing by a gap. Nothing is pushed unless the configuration names a gateway.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import cast

from prometheus_client import CollectorRegistry, push_to_gateway
from prometheus_client.metrics_core import Metric

from obsd.config import PushConfig
from obsd.health import Health
from obsd.tasks.supervision import supervise

JOB = "agent-activity-tracker"
TIMEOUT_SECONDS = 10.0
LAST_TIMEOUT_SECONDS = 0.5
"""Short for the last push, because SIGTERM must end the daemon in under two seconds."""


class Pusher:
    """Pushes `registry` as configured, from `apply` to `stop`."""

    def __init__(self, registry: CollectorRegistry, health: Health) -> None:
        self._registry = registry
        self._health = health
        self._config = PushConfig()
        self._pushing: asyncio.Task[None] | None = None
        # One thread, so that no push overtakes an earlier one that hangs.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="push")

    def apply(self, config: PushConfig) -> None:
        """Pushes immediately, and then every `interval_seconds`; an empty gateway ends it."""
        self._end()
        self._health.clear("push_failed")
        self._config = config
        if config.pushgateway:
            self._pushing = supervise("the pushing of metrics", self._repeat)

    async def stop(self) -> None:
        """Pushes a last time, so that the gateway has the final numbers, and ends."""
        if self._pushing is not None:
            self._end()
            await self._push(LAST_TIMEOUT_SECONDS)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _repeat(self) -> None:
        while True:
            await self._push(TIMEOUT_SECONDS)
            await asyncio.sleep(self._config.interval_seconds)

    async def _push(self, timeout_seconds: float) -> None:
        gathered = cast(CollectorRegistry, _Gathered(self._registry.collect()))
        gateway, key = self._config.pushgateway, {"machine": machine(self._config)}
        push = partial(push_to_gateway, gateway, JOB, gathered, key, timeout_seconds)
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, push)
        except Exception as error:  # noqa: BLE001 - urllib raises errors of a dozen kinds, and each is a warning
            self._health.raise_("push_failed", gateway=gateway, error=str(error) or type(error).__name__)
        else:
            self._health.clear("push_failed")

    def _end(self) -> None:
        if self._pushing is not None:
            self._pushing.cancel()
            self._pushing = None


class _Gathered:
    """The metrics of a registry at one moment, for `push_to_gateway`, which only calls `collect`."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> list[Metric]:
        return self._metrics


def machine(config: PushConfig) -> str:
    """Returns the machine's name for the grouping key: the configured one, else the host's name."""
    return config.machine or socket.gethostname()
