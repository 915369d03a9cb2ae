"""Who sends: the agent, its session and its process, from an item's library, resource and attributes.

Owns the door: of attributes only those that an adapter wants are looked at, and text is cut, so that no prompt, answer
or argument goes any further.  Pure, any thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from obsd.telemetry import adapters
from obsd.telemetry.vocabulary import Adapter, Attributes, Value, text
from obsd.v1 import otlp_pb2 as pb

MAX_VALUE_CHARACTERS: Final = 128
MAX_NAME_CHARACTERS: Final = 100
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who speaks: an agent, in a session (empty: it does not say), in a process (0: it does not say)."""

    agent: str
    session: str
    pid: int = 0


class Resource:
    """A sender as its resource describes it, before an item says which session it speaks of."""

    def __init__(self, resource: pb.Resource) -> None:
        self._attributes = list(resource.attributes)
        # All of it tells one series from another, in the order in which no SDK has to keep it.
        self.raw = b"".join(sorted(one.SerializeToString(deterministic=True) for one in self._attributes))
        own = _texts(self._attributes, adapters.RESOURCE_WANTED)
        self.service = text(own, "service.name")
        pid = text(own, "process.pid")
        self._pid = int(pid) if pid.isascii() and pid.isdigit() and len(pid) < 10 else 0
        self._senders: dict[tuple[str, str], Sender] = {}
        self._picked: dict[str, Attributes] = {}

    def sender(self, adapter: Adapter, attributes: Attributes) -> Sender:
        """The sender of an item with these attributes."""
        own = self._picked.get(adapter.agent)
        if own is None:
            own = self._picked[adapter.agent] = picked(self._attributes, adapter)
        named = next((n for name in adapter.sessions if (n := text(attributes, name) or text(own, name))), "")
        key = (adapter.agent, named)
        sender = self._senders.get(key)
        if sender is None:
            sender = self._senders[key] = Sender(adapter.agent, _session_id(named), self._pid)
        return sender


class Scope:
    """The library that items come from: it names the agent, also where the user gave the service a name of his own."""

    def __init__(self, resource: Resource, scope: pb.InstrumentationScope) -> None:
        self._resource = resource
        self._name = shown(scope.name)

    def adapter(self, item: str) -> Adapter | None:
        """The adapter for an item of that name; None: no agent's."""
        return adapters.find(self._resource.service, self._name, item)


def _session_id(named: str) -> str:
    """The session's name, or a hash of what does not look like one."""
    if not named or _ID.fullmatch(named):
        return named
    return sha256(named.encode("utf-8", "replace")).hexdigest()[:32]


def shown(name: str) -> str:
    """A name from outside, cut: nothing keeps it whole."""
    return name[:MAX_NAME_CHARACTERS]


def picked(attributes: Iterable[pb.KeyValue], adapter: Adapter) -> dict[str, Value]:
    """The attributes that an adapter wants."""
    return _texts(attributes, adapter.wanted)


def _texts(attributes: Iterable[pb.KeyValue], wanted: frozenset[str]) -> dict[str, Value]:
    """The attributes that are wanted, by their names as text."""
    found: dict[str, Value] = {}
    for attribute in attributes:
        if attribute.key in wanted:
            kind = attribute.value.WhichOneof("value")
            if kind == "string_value":
                found[attribute.key] = attribute.value.string_value[:MAX_VALUE_CHARACTERS]
            elif kind:
                found[attribute.key] = getattr(attribute.value, kind)
    return found
