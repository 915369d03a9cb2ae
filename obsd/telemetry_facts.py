"""The facts of telemetry: what agents say of themselves, as `obsd/facts.py` has what is seen.

Frozen data; any thread. `measure`, `tool` and `words` are those of `obsd.telemetry.vocabulary`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from obsd.facts import Fact

JoinedBy = Literal["environment", "connection", "process", "presence", "none"]
JOINED_BY: tuple[JoinedBy, ...] = ("environment", "connection", "process", "presence", "none")
"""How the workspace of an agent's session is known: a commit's hook saw it, the process that sent it works there, the
process that it names works there, the only agent of that kind works there; none."""


@dataclass(frozen=True, slots=True)
class AgentSessionSeen(Fact):
    """An agent's own session was heard of over telemetry, or is known by better evidence to be of this workspace.

    `workspace` is empty while nobody knows. `session` is the agent's own name for it.
    """

    agent: str
    session: str
    joined_by: JoinedBy
    started_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class AgentHeard(Fact):
    """Telemetry of an agent came in, of a session (empty: it does not say) that was at work at `last_at`."""

    recorded: ClassVar[bool] = False

    agent: str
    session: str
    last_at: float


@dataclass(frozen=True, slots=True)
class AgentDeclared(Fact):
    """An agent said that so much more of a measure came to be in its session (empty: it does not say in which).

    `measure` and the `words` of its labels are those of `obsd.telemetry.vocabulary`.
    """

    recorded: ClassVar[bool] = False

    agent: str
    session: str
    measure: str
    words: tuple[str, ...]
    amount: float


@dataclass(frozen=True, slots=True)
class AgentToolRan(Fact):
    """A tool of an agent ran from `started_at` to `ended_at`; `tool` is a word of the vocabulary."""

    recorded: ClassVar[bool] = False

    agent: str
    session: str
    tool: str
    started_at: float
    ended_at: float
    ok: bool


@dataclass(frozen=True, slots=True)
class AgentCommitted(Fact):
    """The environment of a commit's hook named the agent's own session."""

    recorded: ClassVar[bool] = False

    agent: str
    session: str
    commit_id: str


@dataclass(frozen=True, slots=True)
class SeriesCount:
    """How far a series of telemetry is counted: `runs` are (start, time, value), times in nanoseconds."""

    key: bytes
    session: str
    cumulative: bool
    touched_at: float
    runs: tuple[tuple[int, int, float], ...]


@dataclass(frozen=True, slots=True)
class TelemetryCounted(Fact):
    """What telemetry is counted, written with the amounts that follow from it: that is what makes each count once.

    `seen` are the keys of events; `gone` are series that are forgotten, none of them with a start after `horizon_ns`.
    """

    recorded: ClassVar[bool] = False

    series: tuple[SeriesCount, ...] = ()
    seen: tuple[bytes, ...] = ()
    gone: tuple[bytes, ...] = ()
    horizon_ns: int = 0
