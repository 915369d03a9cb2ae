"""The metrics of telemetry: what agents declared, and how the receiver fares.

Owns their names, and which facts move which family. What is said of no workspace has an empty `workspace`. Writes into
a stage; does no I/O. Event loop only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol

from obsd.facts import Fact
from obsd.facts.editors import SuggestionEnded
from obsd.facts.telemetry import AgentDeclared, AgentHeard
from obsd.views.metrics.families import SUM, Family
from obsd.views.metrics.label_limits import admit
from obsd.views.metrics.series import SeriesStage
from obsd.views.state import Labels

TOKENS: Final = Family("obsd_agent_tokens_total", "counter", "Tokens that agents say they used.", ("agent", "kind"), ())
COST: Final = Family("obsd_agent_cost_usd_total", "counter", "What agents say they cost, in USD.", ("agent",), ())
DECISIONS: Final = Family(
    "obsd_agent_tool_decisions_total",
    "counter",
    "Tools that agents wanted to run, and whether they were let.",
    ("agent", "tool", "decision"),
    (),
)
TOOL_CALLS: Final = Family(
    "obsd_agent_tool_calls_total", "counter", "Tools that agents say ran.", ("agent", "tool", "result"), ()
)
EDITS: Final = Family(
    "obsd_agent_edits_total",
    "counter",
    "Edits that agents say were accepted or rejected.",
    ("agent", "outcome"),
    (),
)
DECLARED_LINES: Final = Family(
    "obsd_agent_declared_lines_total",
    "counter",
    "Lines that agents say they changed.",
    ("agent", "direction"),
    (),
)
DECLARED_COMMITS: Final = Family(
    "obsd_agent_declared_commits_total", "counter", "Commits that agents say they made.", ("agent",), ()
)
REQUESTS: Final = Family(
    "obsd_agent_requests_total", "counter", "Requests to models that agents say they made.", ("agent", "result"), ()
)
LATENCY: Final = Family(
    "obsd_agent_request_seconds",
    "histogram",
    "How long agents say that requests to models took.",
    ("agent",),
    (),
    buckets=(0.25, 0.5, 1, 2, 5, 10, 20, 60, 120),
)
ACTIVE: Final = Family(
    "obsd_agent_active_seconds_total", "counter", "Time that agents say they were active.", ("agent",), ()
)
AGENT_SESSIONS: Final = Family(
    "obsd_agent_sessions_total", "counter", "Sessions that agents say they began.", ("agent",), ()
)
SUGGESTIONS: Final = Family(
    "obsd_suggestions_total",
    "counter",
    "Suggestions of providers in editors, by what became of them.",
    ("provider", "outcome"),
    (),
)
SUGGESTED_LINES: Final = Family(
    "obsd_suggested_lines_total",
    "counter",
    "Lines of suggestions of providers in editors, by what became of them.",
    ("provider", "outcome"),
    (),
)
PROVIDER_PLACES: Final = "_provider_places"
MAX_PROVIDERS: Final = 20
LAST_SEEN: Final = Family(
    "obsd_telemetry_last_seen_timestamp_seconds", "gauge", "When telemetry of an agent came in last.", ("agent",), ()
)
RECEIVED: Final = Family(
    "obsd_telemetry_requests_total",
    "counter",
    "Requests of telemetry since the daemon's start, and what became of them.",
    ("protocol", "result"),
    source="daemon",
)
ITEMS: Final = Family(
    "obsd_telemetry_items_total",
    "counter",
    "Points, events and spans since the daemon's start, and what became of them.",
    ("result",),
    source="daemon",
)
UNKNOWN: Final = Family(
    "obsd_telemetry_unknown_total",
    "counter",
    "Items of telemetry since the daemon's start whose name is not known.",
    ("item",),
    source="daemon",
)
FORWARDED: Final = Family(
    "obsd_telemetry_forwarded_total",
    "counter",
    "Requests since the daemon's start that were passed on to a collector, were refused by it, or dropped.",
    ("result",),
    source="daemon",
)
TELEMETRY_FAMILIES: Final = (
    TOKENS,
    COST,
    DECISIONS,
    TOOL_CALLS,
    EDITS,
    DECLARED_LINES,
    DECLARED_COMMITS,
    REQUESTS,
    LATENCY,
    ACTIVE,
    AGENT_SESSIONS,
    SUGGESTIONS,
    SUGGESTED_LINES,
    LAST_SEEN,
    RECEIVED,
    ITEMS,
    UNKNOWN,
    FORWARDED,
)
"""In the order of the exposition."""

_COUNTED: Final[Mapping[str, Family]] = {
    "tokens": TOKENS,
    "cost_usd": COST,
    "tool_decisions": DECISIONS,
    "tool_calls": TOOL_CALLS,
    "edits": EDITS,
    "lines": DECLARED_LINES,
    "commits": DECLARED_COMMITS,
    "requests": REQUESTS,
    "active_seconds": ACTIVE,
    "sessions": AGENT_SESSIONS,
}

_BEGUN: Final[Mapping[Family, tuple[Labels, ...]]] = {
    TOKENS: (("input",), ("output",)),
    EDITS: (("accepted",), ("rejected",)),
    DECLARED_LINES: (("added",), ("removed",)),
    DECLARED_COMMITS: ((),),
    REQUESTS: (("ok",), ("error",)),
    COST: ((),),
}
"""Series that exist at 0 from the first report of an agent in a workspace."""


class ReceiverRows(Protocol):
    """The receiver's own counts, by the values of their labels."""

    @property
    def requests(self) -> Mapping[Labels, float]: ...
    @property
    def items(self) -> Mapping[Labels, float]: ...
    @property
    def unknown(self) -> Mapping[Labels, float]: ...
    @property
    def forwarded(self) -> Mapping[Labels, float]: ...


class NoReceiver:
    """What is counted where nothing is received."""

    requests: Mapping[Labels, float] = MappingProxyType({})
    items = unknown = forwarded = requests


def receiver_sources(receiver: ReceiverRows) -> dict[str, Callable[[], Mapping[Labels, float]]]:
    """What gives the rows of the receiver's families, by their names."""
    return {
        RECEIVED.name: lambda: receiver.requests,
        ITEMS.name: lambda: receiver.items,
        UNKNOWN.name: lambda: receiver.unknown,
        FORWARDED.name: lambda: receiver.forwarded,
    }


def _last_report(series: SeriesStage, workspace: str, fact: AgentHeard) -> None:
    if series.get(LAST_SEEN.name, workspace, (fact.agent,)) is None:
        for family, zeros in _BEGUN.items():
            for words in zeros:
                series.touch(family.name, workspace, (fact.agent, *words))
    series.set(LAST_SEEN.name, workspace, (fact.agent,), fact.at)


def _declared(series: SeriesStage, workspace: str, fact: AgentDeclared) -> None:
    if fact.measure == "latency_seconds":
        series.add(LATENCY.name, workspace, (fact.agent, LATENCY.bucket(fact.amount)))
        series.add(LATENCY.name, workspace, (fact.agent, SUM), fact.amount)
        return
    family = _COUNTED.get(fact.measure)
    if family is not None:
        series.add(family.name, workspace, (fact.agent, *fact.words), fact.amount)


def _suggested(series: SeriesStage, workspace: str, fact: SuggestionEnded) -> None:
    labels = (admit(series, PROVIDER_PLACES, workspace, fact.provider, MAX_PROVIDERS), fact.outcome)
    series.add(SUGGESTIONS.name, workspace, labels, fact.count)
    if fact.lines is not None:
        series.add(SUGGESTED_LINES.name, workspace, labels, fact.lines)


HANDLERS: Final[Mapping[type[Fact], Callable[[SeriesStage, str, Any], None]]] = {
    AgentHeard: _last_report,
    AgentDeclared: _declared,
    SuggestionEnded: _suggested,
}
"""What each fact moves, given the workspace that it is shown under."""
