"""How agents are called: the agent that a name, or a name with an address, means. Pure, any thread.

A name that stands alone names an agent only when it says the tool: `Claude Fable 5` is a model, which several tools
run. An address that is an agent's counts with a name that is the agent's; with any other it is a person's mistake.
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
"""So much of a trailer or a line is looked at: a message may be of any size."""
_KINDS = re.compile(r"(agent|ai|app|assistant|bot|chat|cli|code|coder|haiku|ide|opus|sonnet)\b")
"""What follows an agent's name in longer names of it, so that it is no surname."""


def by_identity(table: AgentTable, name: str, email: str) -> str:
    """The agent that an author or co-author is; empty: a person, a bot that is no agent, or nobody known."""
    if is_no_agent(table, name, email):
        return ""
    for agent in table.agents:
        if name in agent.authors:
            return agent.id
    return _by_address(table, name, email)


def by_value(table: AgentTable, value: str) -> str:
    """The agent of a trailer's value that holds a name and an address, with or without brackets; empty: none."""
    value = value[:_MAX_CHARACTERS]
    match = _ADDRESS.match(value) or _BARE_ADDRESS.match(value)
    return by_identity(table, match["name"].strip(), match["email"].strip()) if match else ""


def by_name(table: AgentTable, text: str, *, people: bool) -> tuple[str, ...]:
    """The agents that go by the name with which a text begins; empty: none.

    `MODEL via TOOL <address>` is TOOL, and in `TOOL:MODEL` short names count as well, and one that nobody knows is
    kept. `people`: a person may be meant, so that first names alone say nothing.
    """
    text = _LINK.sub(r"\1", text[:_MAX_CHARACTERS])
    for part in reversed(_VIA.split(text)):
        if agent := by_value(table, part):
            return (agent,)
        if found := _titled(table, part, people=people):
            return found
    return _with_model(table, text)


def kept_name(value: str) -> str:
    """A name that the table lacks, in the form in which it is shown."""
    return re.sub(r"[^a-z0-9._-]", "-", value.lower())[:MAX_AGENT_CHARACTERS]


def is_no_agent(table: AgentTable, name: str, email: str = "") -> bool:
    """Whether it is a bot that is no agent: by name, or by the account of GitHub's noreply address."""
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
    """What follows a title at the beginning of a plain text; None when it does not stand there as a word of its own."""
    if not text.startswith(title) or text[len(title) : len(title) + 1].isalnum():
        return None
    return text[len(title) :]


def _ends_name(rest: str) -> bool:
    """Whether a name ends there: what follows is a sign, a version, a model or a word for agents, and no surname."""
    following = rest.strip()
    if not following or rest[0] != " " or not following[0].isalnum():
        return True
    return any(char.isdigit() for char in following.split(" ", 1)[0]) or _KINDS.match(following) is not None
