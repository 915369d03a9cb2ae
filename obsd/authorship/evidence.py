"""What can speak for an author: writers that the kernel named, and tools that ran; and the changes that wait for one.

Owns the plain form that attribution works on, and nothing of where it comes from. What agents' records claim has it
already: the fact `WriteRecorded`. Times are Unix seconds of the wall clock. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from obsd.facts import UNKNOWN_AGENT, Operation

TOOL_TAIL_SECONDS = 1.6
"""From the end of a tool to the scan of what it wrote: the quiet period, the longest delay, and a pause."""


@dataclass(frozen=True, slots=True)
class Write:
    """The kernel named the process that wrote a file: `agent` is an agent's id, `person`, or `unknown`.

    A `weak` one closed the file, and counts where nobody is known to have written. An `unseen` one may have written:
    the kernel dropped what it had to say.
    """

    at: float
    agent: str
    session: str = ""
    program: str = ""
    weak: bool = False
    unseen: bool = False

    @property
    def by_git(self) -> bool:
        """Whether git itself wrote."""
        return self.program == "git" or self.program.startswith("git-")

    @property
    def known(self) -> bool:
        return self.agent != UNKNOWN_AGENT


@dataclass(frozen=True, slots=True)
class ToolRun:
    """A tool of an agent's session that may write ran between two times, as telemetry has it; which file is not said.

    `edits`: it is an edit tool, and not a shell command. `workspace` is the session's; empty: not known.
    """

    agent: str
    session: str
    started_at: float
    ended_at: float
    edits: bool = True
    workspace: str = ""

    @property
    def owner(self) -> tuple[str, str]:
        return self.agent, self.session

    @property
    def over_at(self) -> float:
        """When all that it wrote has been seen."""
        return self.ended_at + TOOL_TAIL_SECONDS


@dataclass(frozen=True, slots=True)
class Change:
    """A settled change that waits for its author; `number` is its id.

    `since` is when the file was looked at before: what was written after that is in this change. `content_id` is the
    blob id of the file as it was found, empty where it was not read or is gone.
    """

    number: int
    at: float
    workspace: str
    path: str
    operation: Operation
    since: float = 0.0
    lines_added: int | None = None
    lines_removed: int | None = None
    content_id: str = ""
    previous_path: str = ""
