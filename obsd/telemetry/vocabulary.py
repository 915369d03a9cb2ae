"""The one vocabulary for what agents say of themselves: measures, the words of their labels, and readings.

Every label is one of the words here: names of models, tools and files never pass. Owns the words; what an agent calls
them is in `adapters`. Constants and frozen data, any thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

Value = str | float | bool
Attributes = Mapping[str, Value]
"""The attributes of an item that its adapter asked for; text is cut."""

TOKEN_KINDS: Final = ("input", "output", "cache_read", "cache_creation", "reasoning", "other")
TOOLS: Final = ("shell", "edit", "read", "search", "web", "task", "mcp", "other")
DECISIONS: Final = ("accepted", "rejected", "automatic")
OUTCOMES: Final = ("accepted", "rejected")
DIRECTIONS: Final = ("added", "removed")
RESULTS: Final = ("ok", "error")
FILE_OPERATIONS: Final = ("created", "modified", "read", "other")

MEASURES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "sessions": (),
    "tokens": (TOKEN_KINDS,),
    "cost_usd": (),
    "requests": (RESULTS,),
    "latency_seconds": (),
    "tool_calls": (TOOLS, RESULTS),
    "tool_decisions": (TOOLS, DECISIONS),
    "edits": (OUTCOMES,),
    "lines": (DIRECTIONS,),
    "file_operations": (FILE_OPERATIONS,),
    "commits": (),
    "pull_requests": (),
    "active_seconds": (),
}
"""Each measure, and the words that each of its labels may be."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An amount of a measure, as one item said it: of a delta or an event it is what came to be; `words` label it."""

    measure: str
    amount: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that ran, from `started_at` to `ended_at` in Unix seconds."""

    tool: str
    started_at: float
    ended_at: float
    ok: bool


Rule = Callable[[Attributes, float], tuple[Reading, ...]]
"""From an item's attributes and its number (a point's value; an event's or span's seconds) to what it says."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """How to read one agent.

    `scopes` are the names of its libraries, `prefixes` begin the names of its items, `services` are values of
    service.name; in these and in what is aside, a trailing * stands for anything. `wanted` are the attributes that are
    looked at: of items and of the resource; all others are dropped at the door. `sessions` are those that may name the
    session, best first. `metrics_aside`, `events_aside` and `spans_aside` are names that are known and say nothing new:
    what is neither read nor aside is shown as unknown. `declares` are the measures of its work that it reports at all:
    where it says nothing of one, that is no 0.
    """

    agent: str
    services: tuple[str, ...]
    prefixes: tuple[str, ...]
    wanted: frozenset[str]
    sessions: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    metrics: Mapping[str, Rule] = field(default_factory=dict)
    histograms: Mapping[str, Rule] = field(default_factory=dict)
    events: Mapping[str, Rule] = field(default_factory=dict)
    spans: Callable[[str, Attributes, float], tuple[Reading, ...] | None] | None = None
    calls: Callable[[str, Attributes, float, float], Call | None] | None = None
    metrics_aside: tuple[str, ...] = ()
    events_aside: tuple[str, ...] = ()
    spans_aside: tuple[str, ...] = ()
    declares: frozenset[str] = frozenset()

    def knows_metric(self, name: str) -> bool:
        """Whether points of a metric are read."""
        return name in self.metrics or name in self.histograms or f"{name}.count" in self.histograms


def text(attributes: Attributes, name: str) -> str:
    """An attribute as text; empty when it is not there."""
    value = attributes.get(name, "")
    if isinstance(value, bool):
        return str(value).lower()
    # Every digit, for it may be an id; 7.0 is what some write for 7.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def number(attributes: Attributes, name: str) -> float:
    """An attribute as a number that is not negative; 0 when it is none. Some agents write numbers as text."""
    value = attributes.get(name, 0.0)
    try:
        found = float(value)
    except ValueError:
        return 0.0
    return found if 0.0 <= found < 1e15 else 0.0


def truth(attributes: Attributes, name: str, default: bool = True) -> bool:
    """An attribute as true or false."""
    value = text(attributes, name).lower()
    return default if not value else value not in ("false", "0", "no")


def word(words: Mapping[str, str], value: str, otherwise: str = "other") -> str:
    """Our word for theirs."""
    return words.get(value, otherwise)


def measured(measure: str, *words: str) -> Rule:
    """The rule of an item whose number is the amount."""

    def rule(attributes: Attributes, value: float) -> tuple[Reading, ...]:
        return (Reading(measure, value, words),)

    return rule


def by_word(measure: str, attribute: str, words: Mapping[str, str], otherwise: str = "other") -> Rule:
    """The rule of an item whose number is the amount and one of whose attributes is the label."""

    def rule(attributes: Attributes, value: float) -> tuple[Reading, ...]:
        label = word(words, text(attributes, attribute), otherwise)
        return (Reading(measure, value, (label,)),) if label else ()

    return rule


def tokens(attributes: Attributes, names: Mapping[str, str]) -> tuple[Reading, ...]:
    """The tokens in attributes: their name to our kind."""
    found = ((kind, number(attributes, name)) for name, kind in names.items())
    return tuple(Reading("tokens", amount, (kind,)) for kind, amount in found if amount)


def request(ok: bool, seconds: float) -> tuple[Reading, ...]:
    """A request to a model and how long it took."""
    asked = Reading("requests", 1.0, ("ok" if ok else "error",))
    return (asked, Reading("latency_seconds", seconds)) if seconds > 0 else (asked,)
