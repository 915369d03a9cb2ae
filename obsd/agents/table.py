"""The table of agents and their markers. Owns reading it; evidence.py decides what follows from a marker.

`table.json` ships with the package; the configuration adds agents, and one with the same id replaces the shipped one.
Frozen after building, so any thread.
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
"""Variables whose value is stored, because it is the id of the session in the agent's telemetry."""

SET = "1"
"""The value of a marker of which a hook reports only that it is set."""

_ANY = ".*"

MAX_AGENT_CHARACTERS = 40
MAX_MARK_CHARACTERS = 128


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent and its markers.

    `env` pairs exact names of variables with the value that counts (None: any non-empty one). `called` are its id, name
    and other titles, plain; `persons_name`: people have that first name. `emails` may contain `*` and count with a name
    of the agent, `machine_emails` with any. `names`, `message` and `trailers` are regular expressions. A
    process whose arguments have one of `background` outlives the agent's sessions. The others are exact.
    """

    id: str
    name: str = ""
    called: tuple[str, ...] = ()
    persons_name: bool = False
    env: tuple[tuple[str, str | None], ...] = ()
    ai_agent: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    author_suffix: str = ""
    emails: tuple[re.Pattern[str], ...] = ()
    machine_emails: tuple[re.Pattern[str], ...] = ()
    names: tuple[re.Pattern[str], ...] = ()
    message: tuple[re.Pattern[str], ...] = ()
    trailers: tuple[re.Pattern[str], ...] = ()
    processes: tuple[str, ...] = ()
    argv: tuple[str, ...] = ()
    background: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentTable:
    """All agents, in order, and what they have in common.

    `addresses` pairs each agent with its emails, exact ones first. `identity_trailers` have a name and an address,
    `naming_trailers` a name; `models` finds a model's name; `not_agents` are bots, in lower case.
    """

    agents: tuple[Agent, ...]
    identity_trailers: frozenset[str]
    naming_trailers: frozenset[str]
    models: re.Pattern[str]
    not_agents: frozenset[str]
    addresses: tuple[tuple[Agent, re.Pattern[str]], ...]

    @classmethod
    def build(cls, own: Iterable[Any] = ()) -> AgentTable:
        """Returns the shipped table plus the configuration's `[[agents]]` (objects with the fields of the table)."""
        table = _shipped()
        mine = [_configured(agent) for agent in own]
        replaced = {agent.id for agent in mine}
        agents = (*mine, *(_agent(entry) for entry in table["agents"] if entry["id"] not in replaced))
        addresses = [(agent, pattern) for agent in agents for pattern in agent.emails]
        generic = table["generic"]
        return cls(
            agents=agents,
            identity_trailers=frozenset(generic["identity_trailers"]),
            naming_trailers=frozenset(generic["naming_trailers"]),
            models=re.compile(generic["models"], re.IGNORECASE),
            not_agents=frozenset(name.lower() for name in table["not_agents"]),
            addresses=tuple(sorted(addresses, key=lambda pair: _ANY in pair[1].pattern)),
        )

    def mark_values(self) -> dict[str, tuple[str, ...] | None]:
        """Returns what a hook may report of its environment: variable -> values that count; None: any value.

        An empty tuple means that the hook reports only that the variable is set.
        """
        values: dict[str, tuple[str, ...] | None] = {}
        for agent in self.agents:
            for variable, value in agent.env:
                known = values.get(variable) or ()
                values[variable] = (*known, value) if value is not None and value not in known else known
        return values | dict.fromkeys((AI_AGENT, *SESSION_MARKS))

    def keep_marks(self, marks: Mapping[str, str]) -> dict[str, str]:
        """Returns the entries of `marks` that the table knows, without values that it does not use."""
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
def extensions() -> Mapping[str, str]:
    """Returns the agent of each extension of an editor, by the extension's id in lower case."""
    return {extension: entry["id"] for entry in _shipped()["agents"] for extension in entry.get("extensions", ())}


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(files("obsd.agents").joinpath("table.json").read_text(encoding="utf-8"))
    return table


def _agent(entry: Mapping[str, Any]) -> Agent:
    return Agent(
        id=entry["id"],
        name=entry.get("name", ""),
        called=_called(entry),
        persons_name=entry.get("persons_name", False),
        env=tuple(entry.get("env", {}).items()),
        ai_agent=tuple(entry.get("ai_agent", ())),
        authors=tuple(entry.get("authors", ())),
        author_suffix=entry.get("author_suffix", ""),
        emails=tuple(_email(pattern) for pattern in entry.get("emails", ())),
        machine_emails=tuple(_email(pattern) for pattern in entry.get("machine_emails", ())),
        names=_patterns(entry.get("names", ())),
        message=_patterns(entry.get("message", ())),
        trailers=_patterns(entry.get("trailers", ()), re.IGNORECASE),
        processes=tuple(entry.get("processes", ())),
        argv=tuple(entry.get("argv", ())),
        background=tuple(entry.get("background", ())),
    )


def _called(entry: Mapping[str, Any]) -> tuple[str, ...]:
    names = map(plain, (entry["id"], entry.get("name", ""), *entry.get("titles", ())))
    return tuple(dict.fromkeys(filter(None, names)))


def plain(name: str) -> str:
    """Returns a name for comparison: lower case, without leading signs and Markdown, one blank between words."""
    name = re.sub(r"[`*\"]", "", name).lower()
    return re.sub(r"[\s_-]+", " ", re.sub(r"^\W+", "", name)).strip()


def _configured(agent: Any) -> Agent:
    fields = {name: getattr(agent, name) for name in Agent.__slots__ if hasattr(agent, name)}
    # An entry with an address and no name means everybody with the address.
    addresses = "emails" if agent.names else "machine_emails"
    return _agent(fields | {"env": dict(agent.env), "emails": (), addresses: agent.emails})


def _email(pattern: str) -> re.Pattern[str]:
    # Not fnmatch: addresses contain brackets ("name[bot]@"), and only * is special in the table.
    return re.compile(_ANY.join(re.escape(part) for part in pattern.split("*")), re.IGNORECASE)


def _patterns(sources: Iterable[str], flags: re.RegexFlag = re.NOFLAG) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(source, flags) for source in sources)
