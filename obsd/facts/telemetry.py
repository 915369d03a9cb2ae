"""The facts of telemetry: what agents declare. `obsd/facts/` has the facts of what obsd observes.

Frozen data; any thread. `measure`, `tool` and `words` are those of `obsd.telemetry.vocabulary`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from obsd.facts import Fact

JoinedBy = Literal["environment", "connection", "process", "presence", "none"]
JOINED_BY: tuple[JoinedBy, ...] = ("environment", "connection", "process", "presence", "none")
"""The evidence for the workspace of an agent's session: a commit's hook has its id, the sending process works there,
the process that it names works there, the only agent of that kind works there; none."""


@dataclass(frozen=True, slots=True)
class AgentSessionSeen(Fact):
    """An agent's session appeared in telemetry, or stronger evidence attributes it to this workspace.

    `workspace` is empty while it is unknown. `session` is the agent's own id for it.
    """

    agent: str
    session: str
    joined_by: JoinedBy
    started_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class AgentHeard(Fact):
    """Telemetry of an agent was received, for a session (empty: not given) that was at work at `last_at`."""

    recorded: ClassVar[bool] = False

    agent: str
    session: str
    last_at: float


@dataclass(frozen=True, slots=True)
class AgentDeclared(Fact):
    """An agent declared an additional `amount` of a measure in its session (empty: not given).

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
    """Which telemetry is counted, written with the amounts that follow from it, so that each counts once.

    `seen` are the keys of events; `gone` are forgotten series, none of which started after `horizon_ns`.
    """

    recorded: ClassVar[bool] = False

    series: tuple[SeriesCount, ...] = ()
    seen: tuple[bytes, ...] = ()
    gone: tuple[bytes, ...] = ()
    horizon_ns: int = 0
