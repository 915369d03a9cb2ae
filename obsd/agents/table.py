"""The table of agents: which marks each leaves, as data. Owns reading it; what follows from a mark is in evidence.py.

`table.json` ships with the package; agents of the configuration come on top, and one with the same id replaces the
shipped one. Frozen after building, so any thread.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

AI_AGENT = "AI_AGENT"
"""The variable by which an agent names itself (the table's `generic.env`)."""

SESSION_MARKS: Mapping[str, str] = {
    "CLAUDE_CODE_SESSION_ID": "claude-code",
    "CODEX_THREAD_ID": "codex",
    "COPILOT_AGENT_SESSION_ID": "copilot-cli",
}
"""Variables whose value is kept, because it names the session that the telemetry of that agent speaks of."""

SET = "1"
"""The value of a mark of which only that it is set is told."""

MAX_AGENT_CHARACTERS = 40
MAX_MARK_CHARACTERS = 128


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent and its marks.

    `env` pairs exact names of variables with the value that counts (None: any that is not empty). `emails` may hold
    `*`; `names`, `message` and `trailers` are regular expressions; the others are exact.
    """

    id: str
    name: str = ""
    env: tuple[tuple[str, str | None], ...] = ()
    ai_agent: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    author_suffix: str = ""
    emails: tuple[re.Pattern[str], ...] = ()
    names: tuple[re.Pattern[str], ...] = ()
    message: tuple[re.Pattern[str], ...] = ()
    trailers: tuple[re.Pattern[str], ...] = ()
    processes: tuple[str, ...] = ()
    argv: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentTable:
    """All agents, in order. `assisted_by` finds the agent's name in a trailer; `not_agents` are bots' names."""

    agents: tuple[Agent, ...]
    assisted_by: re.Pattern[str]
    not_agents: frozenset[str]

    @classmethod
    def build(cls, own: Iterable[Any] = ()) -> AgentTable:
        """The shipped table with the configuration's `[[agents]]` (objects with the fields of the table) on top."""
        shipped, assisted_by, not_agents = _shipped()
        mine = [_configured(agent) for agent in own]
        replaced = {agent.id for agent in mine}
        kept = [agent for agent in shipped if agent.id not in replaced]
        return cls((*mine, *kept), assisted_by, not_agents)

    def mark_values(self) -> dict[str, tuple[str, ...] | None]:
        """What a hook may take of its environment: variable -> values that count; None: its value is kept as it is.

        An empty tuple means that only the fact that it is set leaves the process.
        """
        values: dict[str, tuple[str, ...] | None] = {}
        for agent in self.agents:
            for variable, value in agent.env:
                known = values.get(variable) or ()
                values[variable] = (*known, value) if value is not None and value not in known else known
        return values | dict.fromkeys((AI_AGENT, *SESSION_MARKS))

    def keep_marks(self, marks: Mapping[str, str]) -> dict[str, str]:
        """The entries of `marks` that the table knows, with no value that it does not ask for."""
        kept: dict[str, str] = {}
        for variable, wanted in self.mark_values().items():
            value = marks.get(variable)
            if not value:
                continue
            if wanted is None:
                kept[variable] = value[:MAX_MARK_CHARACTERS]
            elif not wanted:
                kept[variable] = SET
            elif value in wanted:
                kept[variable] = value
        return kept


@lru_cache(maxsize=1)
def _shipped() -> tuple[tuple[Agent, ...], re.Pattern[str], frozenset[str]]:
    table = json.loads(files("obsd.agents").joinpath("table.json").read_text(encoding="utf-8"))
    agents = tuple(_agent(entry) for entry in table["agents"])
    return agents, re.compile(table["generic"]["trailer"], re.IGNORECASE), frozenset(table["not_agents"])


def _agent(entry: Mapping[str, Any]) -> Agent:
    return Agent(
        id=entry["id"],
        name=entry.get("name", ""),
        env=tuple(entry.get("env", {}).items()),
        ai_agent=tuple(entry.get("ai_agent", ())),
        authors=tuple(entry.get("authors", ())),
        author_suffix=entry.get("author_suffix", ""),
        emails=tuple(_email(pattern) for pattern in entry.get("emails", ())),
        names=_patterns(entry.get("names", ())),
        message=_patterns(entry.get("message", ())),
        trailers=_patterns(entry.get("trailers", ()), re.IGNORECASE),
        processes=tuple(entry.get("processes", ())),
        argv=tuple(entry.get("argv", ())),
    )


def _configured(agent: Any) -> Agent:
    fields = {name: getattr(agent, name) for name in Agent.__slots__}
    return _agent(fields | {"env": dict(agent.env)})


def _email(pattern: str) -> re.Pattern[str]:
    # Not fnmatch: addresses hold brackets ("name[bot]@"), and only * is special in the table.
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.IGNORECASE)


def _patterns(sources: Iterable[str], flags: re.RegexFlag = re.NOFLAG) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(source, flags) for source in sources)
