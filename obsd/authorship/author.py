"""The words for authors, and how an author is known.

Owns the order of evidence. An author is an agent's id, `person`, `several` or `unknown`; nobody is guessed. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from obsd.facts import UNKNOWN_AGENT, Evidence

PERSON: Final = "person"
SEVERAL: Final = "several"
NO_AGENTS: Final = frozenset({PERSON, SEVERAL, UNKNOWN_AGENT})
"""Authors that are no agent."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a change: `session` is the agent's own name for its session, `program` the program that wrote.

    Both are empty where they are unknown; a program is a name such as `sed`, never its arguments.
    """

    agent: str = UNKNOWN_AGENT
    evidence: Evidence = "none"
    session: str = ""
    program: str = ""


def is_agent(name: str) -> bool:
    """Whether an author's name is that of an agent."""
    return name not in NO_AGENTS
