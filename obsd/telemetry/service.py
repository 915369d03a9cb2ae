"""Keeps telemetry received as the configuration has it: the intake, its two receivers, and what is passed on.

Owns when each is begun, ended and tried again. An address that cannot be had is a warning and never the end of the
daemon. On the event loop; gRPC's receiver is imported only when it is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

from obsd.agents.table import AgentTable
from obsd.config import TelemetryConfig
from obsd.health import Health
from obsd.recorder import Recorder
from obsd.tasks.supervision import supervise
from obsd.telemetry.counters import ReceiverCounters
from obsd.telemetry.fact_export import FactLogs
from obsd.telemetry.forwarding import Forwarder
from obsd.telemetry.intake import Intake
from obsd.telemetry.receiver_http import HttpReceiver
from obsd.workspaces.workspace import Workspace

RETRY_SECONDS: Final = 30.0


class Receiver(Protocol):
    """What listens at one address."""

    @property
    def address(self) -> str: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Telemetry:
    """All of it. Nothing is begun, and nothing costs, until an address is configured."""

    def __init__(
        self,
        recorder: Recorder,
        workspaces: Callable[[], Sequence[Workspace]],
        agents: AgentTable,
        health: Health,
        tally: ReceiverCounters,
    ) -> None:
        self.tally = tally
        self._health = health
        self._intake = Intake(recorder, workspaces, agents, self.tally)
        self._started = False
        self._listen: dict[str, str] = {"grpc": "", "http": ""}
        self._receivers: dict[str, Receiver] = {}
        self._retrying: dict[str, asyncio.Task[None]] = {}
        self._recorder = recorder
        self._forward = ""
        self._forwarder: Forwarder | None = None
        self._fact_logs: FactLogs | None = None

    @property
    def addresses(self) -> Mapping[str, str]:
        """Where `grpc` and `http` are received now; one that is not has no entry."""
        return {protocol: receiver.address for protocol, receiver in self._receivers.items()}

    def agent_at(self, workspace: str, at: float) -> str:
        """The agent that telemetry shows at work in a workspace at a time; empty: none, or several."""
        return self._intake.agent_at(workspace, at)

    async def apply(self, config: TelemetryConfig) -> None:
        """Receive as the configuration says. Raises StoreError when the ledger cannot be read at the first address."""
        if (config.grpc or config.http) and not self._started:
            await self._intake.start()
            self._started = True
        if config.forward != self._forward:
            await self._end_forwarding()
            self._forward = config.forward
            if config.forward:
                self._begin_forwarding(config.forward)
        for protocol, listen in (("grpc", config.grpc), ("http", config.http)):
            if listen != self._listen[protocol]:
                await self._end(protocol)
                self._listen[protocol] = listen
                if listen and not await self._try(protocol, listen):
                    self._retrying[protocol] = supervise(
                        f"listening for telemetry over {protocol}", partial(self._retry, protocol, listen)
                    )

    async def stop(self) -> None:
        """End receiving."""
        for protocol in self._listen:
            await self._end(protocol)
        await self._end_forwarding()
        await self._intake.stop()

    def _begin_forwarding(self, url: str) -> None:
        forwarder = Forwarder(url, self.tally)
        forwarder.start()
        self._intake.forward = forwarder.put
        self._forwarder, self._fact_logs = forwarder, FactLogs(self._recorder, forwarder.put)
        self._fact_logs.start()

    async def _end_forwarding(self) -> None:
        self._intake.forward = lambda signal, form, body: None
        if self._fact_logs is not None:
            await self._fact_logs.stop()
        if self._forwarder is not None:
            await self._forwarder.stop()
        self._forwarder = self._fact_logs = None

    async def _try(self, protocol: str, listen: str) -> bool:
        receiver = self._receiver(protocol, listen)
        try:
            await receiver.start()
        except OSError as error:
            self._health.raise_(f"telemetry_{protocol}_not_served", listen=listen, error=error.strerror or str(error))
            return False
        self._receivers[protocol] = receiver
        self._health.clear(f"telemetry_{protocol}_not_served")
        return True

    def _receiver(self, protocol: str, listen: str) -> Receiver:
        if protocol == "http":
            return HttpReceiver(self._intake, listen)
        from obsd.telemetry.receiver_grpc import GrpcReceiver  # imports gRPC

        return GrpcReceiver(self._intake, listen)

    async def _retry(self, protocol: str, listen: str) -> None:
        while True:
            await asyncio.sleep(RETRY_SECONDS)
            if await self._try(protocol, listen):
                return

    async def _end(self, protocol: str) -> None:
        self._health.clear(f"telemetry_{protocol}_not_served")
        retrying = self._retrying.pop(protocol, None)
        if retrying is not None:
            retrying.cancel()
        receiver = self._receivers.pop(protocol, None)
        if receiver is not None:
            await receiver.stop()
