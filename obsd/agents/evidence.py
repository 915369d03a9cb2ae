"""Who made a commit, from what it and its hook say: the order of evidence. Pure, any thread.

Environment, then trailer, then author; the caller knows of processes and of telemetry. Where two agents are named by
evidence of one kind and nothing tells which, that kind says nothing: obsd does not guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from obsd.agents import trailers
from obsd.agents.table import AI_AGENT, MAX_AGENT_CHARACTERS, Agent, AgentTable
from obsd.facts import UNKNOWN_AGENT, Evidence

_CO_AUTHOR = "co-authored-by"
_ASSISTED = "assisted-by"
_ADDRESS = re.compile(r"^(?P<name>[^<]*)<(?P<email>[^<>]*)>")
_LEADING_WORD = re.compile(r"\w")


def who(
    table: AgentTable, marks: Mapping[str, str], message: str, author_name: str, author_email: str
) -> tuple[str, Evidence]:
    """The agent and what shows it; ("unknown", "none") when nothing does."""
    if agent := by_environment(table, marks):
        return agent, "environment"
    if agent := by_message(table, message):
        return agent, "trailer"
    if agent := by_author(table, author_name, author_email):
        return agent, "author"
    return UNKNOWN_AGENT, "none"


def by_environment(table: AgentTable, marks: Mapping[str, str]) -> str:
    """The agent that the marks of an environment name; empty: none.

    What `AI_AGENT` names comes first, because it was set by whoever started the process last; then the agent with
    the most marks, and among equals the first of the table.
    """
    named = marks.get(AI_AGENT, "")
    if agent := _self_named(table, named):
        return agent
    scores = [(sum(_marked(marks, mark) for mark in agent.env), agent.id) for agent in table.agents]
    best = max(scores, key=lambda score: score[0], default=(0, ""))
    return best[1] if best[0] else _kept_name(named)


def by_message(table: AgentTable, message: str) -> str:
    """The one agent that the trailers, or a line of the closing paragraphs, name; empty: none, or several."""
    found: set[str] = set()
    for key, value in trailers.parse(message):
        found |= _by_trailer(table, key, value)
    closing = _closing_lines(message)
    found |= {agent.id for agent in table.agents if any(_stands_alone(p, closing) for p in agent.message)}
    return found.pop() if len(found) == 1 else ""


def by_author(table: AgentTable, name: str, email: str) -> str:
    """The agent that is the author; empty: none. The committer says nothing: aider commits people's own edits."""
    if name in table.not_agents:
        return ""
    for agent in table.agents:
        if name in agent.authors or (agent.author_suffix and name.endswith(agent.author_suffix)):
            return agent.id
    return _by_email(table, email)


def _self_named(table: AgentTable, value: str) -> str:
    candidates = [(name, agent.id) for agent in table.agents for name in agent.ai_agent]
    for name, agent_id in sorted(candidates, key=lambda item: -len(item[0])):
        if value == name or value.startswith(f"{name}_"):
            return agent_id
    return ""


def _kept_name(value: str) -> str:
    return re.sub(r"[^a-z0-9._-]", "-", value.lower())[:MAX_AGENT_CHARACTERS]


def _marked(marks: Mapping[str, str], mark: tuple[str, str | None]) -> bool:
    variable, wanted = mark
    value = marks.get(variable)
    return bool(value) and (wanted is None or value == wanted)


def _by_trailer(table: AgentTable, key: str, value: str) -> set[str]:
    line = f"{key}: {value}"
    found = {agent.id for agent in table.agents if any(p.search(line) for p in agent.trailers)}
    if found:
        return found
    if key.lower() == _CO_AUTHOR and (address := _ADDRESS.match(value)):
        return {agent for agent in (_by_email(table, address["email"].strip()),) if agent}
    if key.lower() == _ASSISTED and (match := table.assisted_by.match(line)):
        return _assisted(table, match["agent"], line[match.end() :])
    return set()


def _assisted(table: AgentTable, name: str, rest: str) -> set[str]:
    """`Assisted-by: AGENT:MODEL`; a name that the table lacks counts only in that form, for people assist as well."""
    for agent in table.agents:
        if name.lower() in _other_names(agent) or any(p.search(name) for p in agent.names):
            return {agent.id}
    return {_kept_name(name)} if re.match(r":\S", rest) else set()


def _other_names(agent: Agent) -> Iterable[str]:
    return {agent.id, agent.name.lower(), *agent.ai_agent, *agent.processes}


def _by_email(table: AgentTable, email: str) -> str:
    return next((agent.id for agent in table.agents if any(p.fullmatch(email) for p in agent.emails)), "")


def _closing_lines(message: str) -> Sequence[str]:
    paragraphs = re.split(r"\n[ \t]*\n", message.strip("\n"))
    return [line for paragraph in paragraphs[1:][-2:] for line in paragraph.split("\n")]


def _stands_alone(pattern: re.Pattern[str], lines: Sequence[str]) -> bool:
    """Whether a line begins with it, signs aside: quoted in running text it says nothing."""
    matches = (pattern.search(line) for line in lines)
    return any(m is not None and not _LEADING_WORD.search(m.string[: m.start()]) for m in matches)
