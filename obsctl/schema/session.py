"""One session, as `session --json` prints it."""

from __future__ import annotations

from typing import Annotated, TypedDict

from obsctl.schema.activity import AgentSession, AuthorShare, Commit, Session
from obsctl.schema.committed import AgentsShare, CommittedShare
from obsctl.schema.day import Attention, DaySlot


class SessionFile(TypedDict):
    """A file that was changed in a session."""

    path: Annotated[str, "relative to the workspace"]
    changes: Annotated[int, "how often"]
    lines_added: Annotated[int, "by measured changes"]
    lines_removed: Annotated[int, "likewise"]
    authors: Annotated[list[AuthorShare], "what each author wrote in it; who is not known yet is `unknown`"]


class SessionDetail(TypedDict):
    """One session."""

    session: Annotated[Session | None, "as `sessions` has it; null for an agent's own name, and what follows is empty"]
    agent_sessions: Annotated[list[AgentSession], "what agents declared for this time"]
    committed: Annotated[list[CommittedShare], "the lines that its commits added, by who wrote them"]
    agents_committed: Annotated[AgentsShare | None, "all agents' part of these lines; null without any"]
    folder: Annotated[str | None, "the folder of its workspace; null: it is not watched any more"]
    files: Annotated[list[SessionFile], "the files that were changed most, 500 at most"]
    commits: Annotated[list[Commit], "commits of its time and workspace, oldest first"]
    attention: Annotated[list[Attention], "broken rules, anomalies and discarded work of its time, the last first"]
    slot_seconds: Annotated[int, "the length of a slot"]
    slots: Annotated[list[DaySlot], "its time line: those with anything, oldest first"]
