"""obsd's own facts as OpenTelemetry's log records, so that a log store can be the memory of many machines.

Owns which facts go, and their form: an event name, a line of text, and the fact's fields as attributes. On the event
loop; what comes within a second goes as one request.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Final

from obsd import __version__
from obsd.facts import (
    AnomalySeen,
    CommitMade,
    CommitRewritten,
    Fact,
    RuleBroken,
    SessionEnded,
    SessionStarted,
)
from obsd.facts.telemetry import AgentSessionSeen
from obsd.recorder import Recorder
from obsd.tasks.supervision import cancel, start, supervise
from obsd.telemetry.otlp import Form, Signal
from obsd.text import printable

FACTS: Final = (
    SessionStarted,
    SessionEnded,
    CommitMade,
    CommitRewritten,
    RuleBroken,
    AnomalySeen,
    AgentSessionSeen,
)
BATCH_SECONDS: Final = 1.0
MAX_BATCH: Final = 500
_INFO: Final = 9
_WARN: Final = 13


class FactLogs:
    """Hands the facts that are recorded to `put`."""

    def __init__(self, recorder: Recorder, put: Callable[[Signal, Form, bytes], None]) -> None:
        self._recorder = recorder
        self._put = put
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen."""
        self._running = supervise("the export of facts", self._run)

    async def stop(self) -> None:
        """End listening."""
        await cancel(self._running)

    async def _run(self) -> None:
        subscription = self._recorder.subscribe(kinds=frozenset(kind.__name__ for kind in FACTS))
        waiting: list[Fact] = []
        next_fact = start("the next fact to export", subscription.__anext__())
        try:
            while True:
                # No timer while nothing waits: idling costs nothing.
                done, _ = await asyncio.wait({next_fact}, timeout=BATCH_SECONDS if waiting else None)
                if done:
                    waiting.append(next_fact.result())
                    next_fact = start("the next fact to export", subscription.__anext__())
                if waiting and (not done or len(waiting) >= MAX_BATCH):
                    self._put("logs", "json", encode(waiting))
                    waiting = []
        except StopAsyncIteration:
            pass
        finally:
            next_fact.cancel()
            subscription.close()


def encode(facts: Sequence[Fact]) -> bytes:
    """An export of log records, in OTLP's JSON form."""
    resource = {"service.name": "obsd", "service.version": __version__, "host.name": socket.gethostname()}
    scope = {"scope": {"name": "obsd"}, "logRecords": [_record(fact) for fact in facts]}
    sent = {"resource": {"attributes": _attributes(resource)}, "scopeLogs": [scope]}
    return json.dumps({"resourceLogs": [sent]}).encode()


def _record(fact: Fact) -> dict[str, Any]:
    name = type(fact).__name__
    serious = isinstance(fact, (RuleBroken, AnomalySeen))
    own = {field.name: getattr(fact, field.name) for field in fields(fact) if field.name != "at"}
    return {
        "timeUnixNano": str(int(fact.at * 1e9)),
        "observedTimeUnixNano": str(int(fact.at * 1e9)),
        "severityNumber": _WARN if serious else _INFO,
        "severityText": "WARN" if serious else "INFO",
        "eventName": f"obsd.{name}",
        "body": {"stringValue": f"{name} in {printable(fact.workspace)}"},
        "attributes": _attributes({"event.name": f"obsd.{name}"} | {f"obsd.{key}": own[key] for key in own}),
    }


def _attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items() if value is not None]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, (tuple, list)):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    return {"stringValue": printable(str(value))}
