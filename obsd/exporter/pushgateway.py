"""Pushes the metrics to a Pushgateway, for machines that no Prometheus can scrape.

Owns when and where to. What is pushed is gathered on the event loop, which owns the numbers, and sent by a thread. A
gateway that does not answer is a warning, and is tried again at the next turn; nothing is kept for it meanwhile,
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
"""The way out is short: SIGTERM ends the daemon in under two seconds."""


class Pusher:
    """Pushes `registry` as the configuration has it, from `apply` to `stop`."""

    def __init__(self, registry: CollectorRegistry, health: Health) -> None:
        self._registry = registry
        self._health = health
        self._config = PushConfig()
        self._pushing: asyncio.Task[None] | None = None
        # One thread, so that a push that hangs is never overtaken by a later one.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="push")

    def apply(self, config: PushConfig) -> None:
        """Pushes at once, and then every `interval_seconds`; an empty gateway ends it."""
        self._end()
        self._health.clear("push_failed")
        self._config = config
        if config.pushgateway:
            self._pushing = supervise("the pushing of metrics", self._repeat)

    async def stop(self) -> None:
        """Pushes a last time, so that what the gateway keeps is whole, and ends it."""
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
    """What a registry had at one moment, for `push_to_gateway`, which asks for no more than `collect`."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = list(metrics)

    def collect(self) -> list[Metric]:
        return self._metrics


def machine(config: PushConfig) -> str:
    """The machine's name in the grouping key: what the configuration says, else the host's name."""
    return config.machine or socket.gethostname()
