"""The facts of authorship: what speaks for an author, and who wrote each change.

Frozen data, as `obsd/facts.py` has what is seen; any thread. Times are Unix seconds of the wall clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from obsd.facts import Evidence, Fact
from obsd.facts.records import Count


@dataclass(frozen=True, slots=True)
class WriterSeen(Fact):
    """The kernel named the process that wrote a file, `at` the time of the write.

    `agent` is an agent's id with its `session` where that is known, `person`, or `unknown`; `program` is the name of
    the program that wrote, never its arguments. A `weak` one only closed the file after it had it open for writing: it
    may have written through a mapping, or nothing.
    """

    recorded: ClassVar[bool] = False
    stored: ClassVar[bool] = False

    path: str
    agent: str
    session: str = ""
    program: str = ""
    weak: bool = False


@dataclass(frozen=True, slots=True)
class WritersLost(Fact):
    """The kernel dropped what it had to say of writers between `since` and `at`. Of no workspace."""

    recorded: ClassVar[bool] = False
    stored: ClassVar[bool] = False

    since: float


@dataclass(frozen=True, slots=True)
class WriteRecorded(Fact):
    """An agent's own record says that its session wrote a file between two times; `at` is when the record was read.

    Lines are None where the record does not tell them, `content_id` is the git blob id of the file as the tool left
    it, or empty. `rewrites`: the tool wrote the whole file anew. `removes`: the file is gone afterwards.
    """

    path: str
    agent: str
    session: str
    tool_id: str
    started_at: float
    ended_at: float
    lines_added: int | None = None
    lines_removed: int | None = None
    content_id: str = ""
    rewrites: bool = False
    removes: bool = False


@dataclass(frozen=True, slots=True)
class SessionRecorded(Fact):
    """An agent's own record says that its session was at work in a workspace, and spent so many more `tokens`: input,
    output, read from a cache, written to it, and reasoning, which is a part of the output.

    `model` and `version` are the agent's own words, `parent` is the session that it belongs to; empty: unknown.
    """

    recorded: ClassVar[bool] = False
    essential: ClassVar[bool] = True

    agent: str
    session: str
    first_at: float
    last_at: float
    model: str = ""
    version: str = ""
    parent: str = ""
    tokens: tuple[int, ...] = (0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class RecordsRead(Fact):
    """How far agents' records are read, written with the evidence that was in them. Of no workspace.

    `marks` are paths of files, each with a text that `obsd.records` understands; empty: the file is gone. `tools` are
    hashes of those that were recorded, `counts` of how many records more were understood. `since` is when reading
    began, 0 where that is known.
    """

    recorded: ClassVar[bool] = False
    essential: ClassVar[bool] = True

    since: float = 0.0
    marks: tuple[tuple[str, str], ...] = ()
    tools: tuple[bytes, ...] = ()
    counts: tuple[Count, ...] = ()


def together(reads: Iterable[RecordsRead]) -> RecordsRead:
    """Several of them as one, of the time of the last; only the last mark of a file is kept."""
    known = list(reads)
    marks = dict(mark for read in known for mark in read.marks)
    tools = tuple(tool for read in known for tool in read.tools)
    counts = tuple(count for read in known for count in read.counts)
    since = next((read.since for read in known if read.since), 0.0)
    return RecordsRead(known[-1].at, "", since, tuple(marks.items()), tools, counts)


@dataclass(frozen=True, slots=True)
class ChangeAttributed(Fact):
    """Who wrote a change, once all evidence that may come has come; derived by the authorship view.

    `change` is the number of the `FileChanged`, the lines are its lines. `agent` is an agent's id, `person`, `several`
    or `unknown`. A `late` one came after the change had been called unknown: it corrects the record, and no counter.
    """

    own_table: ClassVar[bool] = True

    change: int
    path: str
    agent: str
    evidence: Evidence
    session: str = ""
    program: str = ""
    lines_added: int | None = None
    lines_removed: int | None = None
    late: bool = False
