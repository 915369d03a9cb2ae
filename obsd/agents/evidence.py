"""Which agent made a commit, by the environment of its hook and by its contents. Pure, any thread.

Where evidence of one kind names two agents, that kind is ignored: obsd does not guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from obsd.agents import names, trailers
from obsd.agents.table import AI_AGENT, AgentTable
from obsd.facts import UNKNOWN_AGENT, Evidence

_ASSISTED = "assisted-by"
_CLOSING_PARAGRAPHS = 2
"""In so many last paragraphs a phrase may be on any line; above them, it must be a paragraph of its own."""
_GENERATED = re.compile(
    r"(?<![^\W_])(?:AI-)?(?:Generated|Created|Made|Built) (?:with|by|using) (?P<name>.+)", re.IGNORECASE
)
_SIGNS = re.compile(r" {0,3}(?:(?:_|[^\w\s>`\"'“‘])+[ \t]*)?")
"""Characters allowed before a phrase on its line: a phrase that is quoted or code is no evidence."""


def by_contents(table: AgentTable, message: str, author_name: str, author_email: str) -> tuple[str, Evidence]:
    """Returns the agent that a commit itself names and the evidence for it, or ("unknown", "none")."""
    if agent := by_message(table, message):
        return agent, "trailer"
    if agent := by_author(table, author_name, author_email):
        return agent, "author"
    return UNKNOWN_AGENT, "none"


def by_environment(table: AgentTable, marks: Mapping[str, str]) -> str:
    """Returns the agent that the markers of an environment name; empty: none.

    `AI_AGENT` comes first, because the last program that started the process set it; then the agent with the most
    markers, and among equals the first of the table.
    """
    named = marks.get(AI_AGENT, "")
    if agent := _self_named(table, named):
        return agent
    scores = [(sum(_marked(marks, mark) for mark in agent.env), agent.id) for agent in table.agents]
    best = max(scores, key=lambda score: score[0], default=(0, ""))
    return best[1] if best[0] else names.kept_name(named)


def by_message(table: AgentTable, message: str) -> str:
    """Returns the one agent that the trailers, or lines of the body, name; empty: none, or several."""
    found = trailers.blocks(message)
    paragraphs = [p for n, p in enumerate(reversed(found.body)) if n < _CLOSING_PARAGRAPHS or len(p) == 1]
    named = [_by_trailer(table, key, value) for key, value in dict.fromkeys(found.pairs)]
    named += [_by_line(table, line) for line in {line for lines in (found.mixed, *paragraphs) for line in lines}]
    # A name that several agents share, such as GitHub Copilot, means the one that other lines name.
    sure = {agents[0] for agents in named if len(agents) == 1}
    sure |= {agents[0] for agents in named if len(agents) > 1 and not sure.intersection(agents)}
    return sure.pop() if len(sure) == 1 else ""


def by_author(table: AgentTable, name: str, email: str) -> str:
    """Returns the agent that is the author; empty: none. The committer is no evidence: aider commits people's edits."""
    if agent := names.by_identity(table, name, email):
        return agent
    suffixed = (agent.id for agent in table.agents if agent.author_suffix and name.endswith(agent.author_suffix))
    return next(suffixed, "")


def _self_named(table: AgentTable, value: str) -> str:
    candidates = [(name, agent.id) for agent in table.agents for name in agent.ai_agent]
    for name, agent_id in sorted(candidates, key=lambda item: -len(item[0])):
        if value == name or value.startswith(f"{name}_"):
            return agent_id
    return ""


def _marked(marks: Mapping[str, str], mark: tuple[str, str | None]) -> bool:
    variable, wanted = mark
    value = marks.get(variable)
    return bool(value) and (wanted is None or value == wanted)


def _by_trailer(table: AgentTable, key: str, value: str) -> tuple[str, ...]:
    line = f"{key}: {value}"
    found = tuple(agent.id for agent in table.agents if any(p.search(line) for p in agent.trailers))
    if found:
        return found[:1]
    key = key.lower()
    if key in table.identity_trailers:
        return tuple(filter(None, [names.by_value(table, value)]))
    if key in table.naming_trailers:
        return names.by_name(table, value, people=key == _ASSISTED)
    return ()


def _by_line(table: AgentTable, line: str) -> tuple[str, ...]:
    """Returns the agents that a line names if it begins with a phrase of agents, signs aside."""
    for agent in table.agents:
        if any(_begins(pattern.search(line)) for pattern in agent.message):
            return (agent.id,)
    generated = _GENERATED.search(line)
    return names.by_name(table, generated["name"], people=False) if generated and _begins(generated) else ()


def _begins(match: re.Match[str] | None) -> bool:
    return match is not None and _SIGNS.fullmatch(match.string, 0, match.start()) is not None
