"""From a chain of parents to an author: the nearest agent, a person, or nobody that is known. Pure, any thread.

A chain leads from the writer upwards. What is not proved is `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from itertools import takewhile

from obsd.agents import evidence
from obsd.agents.table import SESSION_MARKS, AgentTable
from obsd.facts import PERSON, UNKNOWN_AGENT
from obsd.writers.processes import Process

SessionOf = Callable[[int], str]
"""The session that the agent's process with this id runs; empty when it is not known."""


@dataclass(frozen=True, slots=True)
class Author:
    """An agent's id, `person` or `unknown`; `session` is the agent's own id of it, empty when it is not known."""

    agent: str
    session: str = ""


UNKNOWN = Author(UNKNOWN_AGENT)


def author_of(table: AgentTable, chain: Sequence[Process], session_of: SessionOf) -> Author:
    """Who is at work in a process, of which `chain` is what is known of it and its parents, nearest first."""
    for number, process in enumerate(chain):
        if process.agent:
            below = _session_in(process.agent, chain[:number])
            return Author(process.agent, below or _session_of(process.agent, chain[number:], session_of))
        if process.role in ("terminal", "login", "host"):
            return _at_a_boundary(table, chain[:number], process, any(one.terminal for one in chain[: number + 1]))
    if agent := _marked(table, chain):
        return Author(agent, _session_in(agent, chain))
    # Without a boundary above: an editor, or a shell that somebody logged in to, at a terminal.
    person = any(one.role == "editor" or (one.role == "login_shell" and one.terminal) for one in chain)
    return Author(PERSON) if person else UNKNOWN


def one_of(authors: Set[Author]) -> Author:
    """What is sure when it was one of these: the agent on whom all agree, and the session if they do on that."""
    agents = {author.agent for author in authors}
    if len(agents) != 1:
        return UNKNOWN
    sessions = {author.session for author in authors}
    return Author(agents.pop(), sessions.pop() if len(sessions) == 1 else "")


def _session_of(agent: str, chain: Sequence[Process], session_of: SessionOf) -> str:
    """Of the agent's process, or of the one of the same agent that started it: launchers and workers have none."""
    own = takewhile(lambda process: process.agent == agent, chain)
    return next(filter(None, (session_of(process.pid) for process in own)), "")


def _at_a_boundary(table: AgentTable, below: Sequence[Process], boundary: Process, at_terminal: bool) -> Author:
    """What a terminal has inherited in its environment says who started it once, not who types into it now."""
    if agent := _marked(table, below):
        inherited = _marked(table, (boundary,))
        return UNKNOWN if inherited == agent else Author(agent, _session_in(agent, below))
    if boundary.role == "host" or (boundary.role == "login" and not at_terminal):
        return UNKNOWN
    return Author(PERSON)


def _marked(table: AgentTable, chain: Sequence[Process]) -> str:
    """The agent that the nearest marked environment names: those further up had it handed down from there."""
    marks = next((process.marks for process in chain if process.marks), None)
    return evidence.by_environment(table, marks) if marks else ""


def _session_in(agent: str, chain: Sequence[Process]) -> str:
    """The agent's session by the environments below it; its own may be of a session that it was started from."""
    variables = [name for name, of in SESSION_MARKS.items() if of == agent]
    values = (process.marks.get(variable, "") for process in chain for variable in variables)
    return next(filter(None, values), "")
