"""The words for authors, and how an author is known.

An author is an agent's id, `person`, `several` or `unknown`; nobody is guessed. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from obsd.facts import UNKNOWN_AGENT, Evidence


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a change: `session` is the agent's own name for its session, `program` the program that wrote.

    Both are empty where they are unknown; a program is a name such as `sed`, never its arguments.
    """

    agent: str = UNKNOWN_AGENT
    evidence: Evidence = "none"
    session: str = ""
    program: str = ""
