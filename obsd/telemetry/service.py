"""Keeps telemetry received as the configuration has it: the intake, its two receivers, and what is passed on.

Owns when each is begun and ended, and the warnings. On the event loop; gRPC's receiver is imported only
when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from obsd.agents.table import AgentTable
from obsd.config import TelemetryConfig
from obsd.health import Health
from obsd.http.kept_listener import KeptListener, Listener
from obsd.recorder import Recorder
from obsd.telemetry.counters import PROTOCOLS, ReceiverCounters
from obsd.telemetry.fact_export import FactLogs
from obsd.telemetry.forwarding import Forwarder
from obsd.telemetry.intake import Intake
from obsd.telemetry.receiver_http import HttpReceiver
from obsd.workspaces.workspace import Workspace


class Receiver(Listener, Protocol):
    """What receives at one address."""

    @property
    def address(self) -> str: ...


class Telemetry:
    """All of it. Nothing is begun, and nothing costs, until an address is configured."""

    def __init__(
        self,
        recorder: Recorder,
        workspaces: Callable[[], Sequence[Workspace]],
        agents: AgentTable,
        health: Health,
        counters: ReceiverCounters,
    ) -> None:
        self.counters = counters
        self._health = health
        self.intake = Intake(recorder, workspaces, agents, self.counters)
        self._started = False
        self._listen: dict[str, str] = dict.fromkeys(PROTOCOLS, "")
        self._kept: dict[str, KeptListener[Receiver]] = {
            protocol: KeptListener(f"for telemetry over {protocol}", partial(self._report, protocol))
            for protocol in PROTOCOLS
        }
        self._recorder = recorder
        self._forward = ""
        self._forwarder: Forwarder | None = None
        self._fact_logs: FactLogs | None = None

    @property
    def addresses(self) -> Mapping[str, str]:
        """Where `grpc` and `http` are received now; one that is not has no entry."""
        return {protocol: kept.present.address for protocol, kept in self._kept.items() if kept.present is not None}

    def agent_at(self, workspace: str, at: float) -> str:
        """The agent that telemetry shows at work in a workspace at a time; empty: none, or several."""
        return self.intake.agent_at(workspace, at)

    def listen_to_editors(self, reported: Callable[[], None]) -> None:
        """Has a function called whenever the extension of an editor has reported."""
        self.intake.on_editor = reported

    async def apply(self, config: TelemetryConfig) -> None:
        """Receive as the configuration says. Raises StoreError when the ledger cannot be read at the first address."""
        if config.grpc or config.http:
            await self.take_in()
        if config.forward != self._forward:
            await self._end_forwarding()
            self._forward = config.forward
            if config.forward:
                self._begin_forwarding(config.forward)
        for protocol, listen in (("grpc", config.grpc), ("http", config.http)):
            if listen != self._listen[protocol]:
                self._listen[protocol] = listen
                if listen:
                    await self._kept[protocol].begin(partial(self._receiver, protocol, listen))
                else:
                    await self._kept[protocol].end()

    async def take_in(self) -> None:
        """Have the intake ready for a receiver. Raises StoreError when the ledger cannot be read."""
        if not self._started:
            await self.intake.start()
            self._started = True

    async def stop(self) -> None:
        """End receiving."""
        for kept in self._kept.values():
            await kept.end()
        await self._end_forwarding()
        await self.intake.stop()

    def _begin_forwarding(self, url: str) -> None:
        forwarder = Forwarder(url, self.counters, self.intake.token, partial(self._report_forwarding, url))
        forwarder.start()
        self.intake.forward = forwarder.put
        self._forwarder, self._fact_logs = forwarder, FactLogs(self._recorder, forwarder.put)
        self._fact_logs.start()

    async def _end_forwarding(self) -> None:
        self.intake.forward = lambda signal, form, body, passed_by: None
        self._health.clear("telemetry_not_forwarded")
        if self._fact_logs is not None:
            await self._fact_logs.stop()
        if self._forwarder is not None:
            await self._forwarder.stop()
        self._forwarder = self._fact_logs = None

    def _report(self, protocol: str, error: OSError | None) -> None:
        code = f"telemetry_{protocol}_not_served"
        if error is None:
            self._health.clear(code)
        else:
            self._health.raise_(code, listen=self._listen[protocol], error=error.strerror or str(error))

    def _report_forwarding(self, url: str, trouble: str) -> None:
        if trouble:
            # Without what may be a password in front of the host.
            place = urlsplit(url).netloc.rpartition("@")[2]
            self._health.raise_("telemetry_not_forwarded", collector=place, trouble=trouble)
        else:
            self._health.clear("telemetry_not_forwarded")

    def _receiver(self, protocol: str, listen: str) -> Receiver:
        if protocol == "http":
            return HttpReceiver(self.intake, listen)
        from obsd.telemetry.receiver_grpc import GrpcReceiver  # imports gRPC

        return GrpcReceiver(self.intake, listen)
