"""What a scrape gets: the metrics in the format that it asks for, with those of the daemon's own process.

Owns the choice between the text format and OpenMetrics, and which of prometheus_client's own collectors are served.
They are served to scrapes alone: node_exporter and a Pushgateway have series of the same names. On the event loop.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

Exposition = Callable[[str], tuple[bytes, str]]
"""Returns the metrics and their Content-Type, for the value of an Accept header."""

TEXT = "text/plain; version=0.0.4; charset=utf-8"
_OPEN_METRICS = "application/openmetrics-text"


def exposition_of(collector: Collector) -> Exposition:
    """Returns what serves a collector, and the process beside it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)

    def exposition(accept: str) -> tuple[bytes, str]:
        if not prefers_open_metrics(accept):
            encode, _ = choose_encoder("")
            return encode(registry), TEXT
        encode, content_type = choose_encoder(f"{_OPEN_METRICS}; version=1.0.0")
        return encode(registry), content_type

    return exposition


def prefers_open_metrics(accept: str) -> bool:
    """Whether an Accept header weighs OpenMetrics at least as much as the text format, which is the default."""
    weights: dict[str, float] = {}
    for item in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in item.split(";"))
        weights[kind] = max(weights.get(kind, 0.0), _weight(parameters))
    return weights.get(_OPEN_METRICS, 0.0) > 0 and weights[_OPEN_METRICS] >= weights.get("text/plain", 0.0)


def _weight(parameters: list[str]) -> float:
    """The `q` of an item; 1 when there is none, 0 when it is no number (RFC 9110, 12.4.2)."""
    text = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    return float(text) if len(text) <= 5 and text.replace(".", "", 1).isdecimal() and text.isascii() else 0.0
