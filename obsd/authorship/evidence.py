"""What can speak for an author: writers that the kernel named, and tools that ran; and the changes that wait for one.

Owns the plain form that attribution works on, and nothing of where it comes from. What agents' records claim has it
already: the fact `WriteRecorded`. Times are Unix seconds of the wall clock. Any thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from obsd.facts import UNKNOWN_AGENT, Operation


@dataclass(frozen=True, slots=True)
class Write:
    """The kernel named the process that wrote a file: `agent` is an agent's id, `person`, or `unknown`.

    A `weak` one closed the file, and counts where nobody is known to have written.
    """

    at: float
    agent: str
    session: str = ""
    program: str = ""
    weak: bool = False

    @property
    def known(self) -> bool:
        return self.agent != UNKNOWN_AGENT


@dataclass(frozen=True, slots=True)
class EditSpan:
    """An edit tool of an agent's session ran between two times, as telemetry has it; which file is not said."""

    agent: str
    session: str
    started_at: float
    ended_at: float


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
