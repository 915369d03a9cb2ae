"""Names of agents: which agent a name, or a name with an address, means. Pure, any thread.

A name alone means an agent only when it names the tool: `Claude Fable 5` is a model that several tools run. An agent's
address counts only with a name of the agent; with any other it is a person's mistake.
"""

from __future__ import annotations

import re

from obsd.agents.table import MAX_AGENT_CHARACTERS, Agent, AgentTable, plain

_ADDRESS = re.compile(r"(?P<name>[^<]*)<(?P<email>[^<>]*)>")
_BARE_ADDRESS = re.compile(r"(?P<name>.*?)\s+(?P<email>[^\s<>]+@[^\s<>]+)\s*$")
_GITHUB = re.compile(r"(?P<account>(?:\d+\+)?(?P<login>[^@+]+))@users\.noreply\.github\.com", re.IGNORECASE)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_VIA = re.compile(r"\bvia\s+", re.IGNORECASE)
_WITH_MODEL = re.compile(r"(?P<tool>[^:<(\[]+):(?!//)\s*\S")
_MAX_CHARACTERS = 300
"""Most characters of a trailer or a line that are read: a message may be of any size."""
_KINDS = re.compile(r"(agent|ai|app|assistant|bot|chat|cli|code|coder|haiku|ide|opus|sonnet)\b")
"""Words that follow an agent's name in its longer names, and are no surname."""


def by_identity(table: AgentTable, name: str, email: str) -> str:
    """Returns the agent that an author or co-author is; empty: a person, a bot that is no agent, or unknown."""
    if is_no_agent(table, name, email):
        return ""
    for agent in table.agents:
        if name in agent.authors:
            return agent.id
    return _by_address(table, name, email)


def by_value(table: AgentTable, value: str) -> str:
    """Returns the agent of a trailer's value with a name and an address, with or without brackets; empty: none."""
    value = value[:_MAX_CHARACTERS]
    match = _ADDRESS.match(value) or _BARE_ADDRESS.match(value)
    return by_identity(table, match["name"].strip(), match["email"].strip()) if match else ""


def by_name(table: AgentTable, text: str, *, people: bool) -> tuple[str, ...]:
    """Returns the agents with the name with which a text begins; empty: none.

    `MODEL via TOOL <address>` is TOOL; in `TOOL:MODEL` short names count as well, and an unknown tool keeps its name.
    `people`: the text may mean a person, so that first names alone do not count.
    """
    text = _LINK.sub(r"\1", text[:_MAX_CHARACTERS])
    for part in reversed(_VIA.split(text)):
        if agent := by_value(table, part):
            return (agent,)
        if found := _titled(table, part, people=people):
            return found
    return _with_model(table, text)


def of_tool(table: AgentTable, tool: str) -> str:
    """Returns the agent that another program calls `claude` or `Qwen-Coder`; one that the table lacks by that name."""
    known = (agent.id for agent in table.agents if plain(tool) in _all_names(agent))
    return next(known, "") or kept_name(tool)


def kept_name(value: str) -> str:
    """Returns a name that the table lacks, as it is shown."""
    return re.sub(r"[^a-z0-9._-]", "-", value.lower())[:MAX_AGENT_CHARACTERS]


def is_no_agent(table: AgentTable, name: str, email: str = "") -> bool:
    """Returns whether this is a bot that is no agent: by name, or by the account of GitHub's noreply address."""
    account = _GITHUB.fullmatch(email)
    names = (name, account["account"], account["login"]) if account else (name,)
    return any(one.lower() in table.not_agents for one in names)


def _titled(table: AgentTable, text: str, *, people: bool) -> tuple[str, ...]:
    text = plain(text)
    longest, found = 0, dict[str, None]()
    for agent in table.agents:
        for title in agent.called:
            rest = _after(title, text)
            if rest is None or len(title) < longest or (" " not in title and not _ends_name(rest)):
                continue
            if people and agent.persons_name and not rest and " " not in title:
                continue
            if len(title) > longest:
                longest, found = len(title), {}
            found[agent.id] = None
    return tuple(found)


def _with_model(table: AgentTable, text: str) -> tuple[str, ...]:
    match = _WITH_MODEL.match(text)
    if match is None:
        return ()
    name = match["tool"].strip()
    for agent in table.agents:
        if plain(name) in _all_names(agent) or any(p.search(name) for p in agent.names):
            return (agent.id,)
    return () if " " in name or is_no_agent(table, name) else (kept_name(name),)


def _by_address(table: AgentTable, name: str, email: str) -> str:
    account = _GITHUB.fullmatch(email)
    login = account["login"] if account else ""
    for agent, pattern in table.addresses:
        if pattern.fullmatch(email):
            return agent.id if _is_name_of(table, agent, name, login) else ""
    for agent in table.agents:
        if any(p.fullmatch(email) for p in agent.machine_emails):
            return agent.id
        if login and login in agent.authors and _is_name_of(table, agent, name, login):
            return agent.id
    return ""


def _is_name_of(table: AgentTable, agent: Agent, name: str, login: str) -> bool:
    if login and name.lower() == login.lower():
        return True
    if table.models.search(name) or any(p.search(name) for p in agent.names):
        return True
    rests = (_after(known, plain(name)) for known in _all_names(agent))
    return any(rest is not None and (not agent.persons_name or _ends_name(rest)) for rest in rests)


def _all_names(agent: Agent) -> set[str]:
    return {*agent.called, *map(plain, (*agent.ai_agent, *agent.processes, *agent.authors))}


def _after(title: str, text: str) -> str | None:
    """Returns what follows a title at the beginning of a plain text, or None if it is not there as a whole word."""
    if not text.startswith(title) or text[len(title) : len(title) + 1].isalnum():
        return None
    return text[len(title) :]


def _ends_name(rest: str) -> bool:
    """Returns whether a name ends there: a sign, a version, a model or a word for agents follows, and no surname."""
    following = rest.strip()
    if not following or rest[0] != " " or not following[0].isalnum():
        return True
    return any(char.isdigit() for char in following.split(" ", 1)[0]) or _KINDS.match(following) is not None
