"""How the receiver fares: requests by protocol and result, items by what became of them, names that nobody knows.

Owns these counts, in memory: they begin at 0 with the daemon. Names from outside are bounded in number and length.
Event loop only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, Literal

from obsd.text import label

Wire = Literal["grpc", "http"]
PROTOCOLS: Final = ("grpc", "http")
REQUEST_RESULTS: Final = ("taken", "refused", "failed")
ITEM_RESULTS: Final = ("counted", "resent", "rejected", "unknown", "other")
FORWARD_RESULTS: Final = ("sent", "refused", "dropped")
MAX_UNKNOWN_NAMES: Final = 50
_OTHER: Final = "__other__"


class ReceiverCounters:
    """All counts."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, ...]] = Counter(
            {(protocol, result): 0 for protocol in PROTOCOLS for result in REQUEST_RESULTS}
        )
        self.items: Counter[tuple[str, ...]] = Counter({(result,): 0 for result in ITEM_RESULTS})
        self.unknown: Counter[tuple[str, ...]] = Counter()
        self.forwarded: Counter[tuple[str, ...]] = Counter({(result,): 0 for result in FORWARD_RESULTS})

    def refuse(self, protocol: Wire, code: int) -> None:
        """Count a request that was not taken, by HTTP's code."""
        self.requests[protocol, "refused" if code < 500 else "failed"] += 1

    def count_items(self, total: int, counted: int, resent: int, rejected: int, unknown: Mapping[str, int]) -> None:
        """Count the points, events and spans of a request."""
        self.items["counted",] += counted
        self.items["resent",] += resent
        self.items["rejected",] += rejected
        strange = sum(unknown.values())
        self.items["unknown",] += strange
        self.items["other",] += max(0, total - counted - resent - rejected - strange)
        for name, count in unknown.items():
            key = (label(name) if name else _OTHER,)
            if key not in self.unknown and len(self.unknown) >= MAX_UNKNOWN_NAMES:
                key = (_OTHER,)
            self.unknown[key] += count
