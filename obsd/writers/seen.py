"""What the reader reports to the daemon, as data: who was seen writing, what was lost, how the source is. Pure.

Owns the frames between the two (see `obsd.watcher.protocol` for how one travels). To the reader: ["start", {…}] ·
["add", [directory, …]] · ["remove", [directory, …]] · ["remove_below", root] · ["probe", token]. From it: ["seen", …] ·
["lost", since, until] · ["state", {…}] · ["probed", token], after all that the kernel had reported before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from obsd.writers import syscalls

Operation = Literal["modified", "closed", "created", "deleted", "moved_from", "moved_to", "found"]

FOUND = 1
"""Beside the kernel's bits (it is FAN_ACCESS, which is never asked for): see WriterSeen."""

_OPERATIONS: Mapping[int, Operation] = {
    syscalls.FAN_MODIFY: "modified",
    syscalls.FAN_CLOSE_WRITE: "closed",
    syscalls.FAN_CREATE: "created",
    syscalls.FAN_DELETE: "deleted",
    syscalls.FAN_MOVED_FROM: "moved_from",
    syscalls.FAN_MOVED_TO: "moved_to",
    FOUND: "found",
}


@dataclass(frozen=True, slots=True)
class WriterSeen:
    """A process did something to a file, or to a folder (`folder`), at most a few milliseconds before `at`.

    `agent` is an agent's id, `person` or `unknown`. `closed` alone: it wrote through a mapping, or only opened the file
    for writing.
    `found` has no event: the file was there already when its new folder was marked, some milliseconds after that
    process had made the folder; which program wrote it is not known then. `program` is empty when the process was
    gone before its name could be read.
    """

    at: float
    directory: str
    name: str
    operations: frozenset[Operation]
    pid: int
    program: str
    agent: str
    session: str = ""
    folder: bool = False

    @property
    def by_git(self) -> bool:
        """Whether git itself wrote: then `agent` is who ran that git."""
        return self.program == "git" or self.program.startswith("git-")


@dataclass(frozen=True, slots=True)
class WritersLost:
    """The kernel dropped events: who wrote between these times is not known."""

    since: float
    until: float


@dataclass(frozen=True, slots=True)
class WritersState:
    """How the source is. Off: `reason` (no_helper, not_trusted, not_allowed, other_namespace, kernel, limit, …),
    `text` and `hint`, the command that brings it. On: `detail` says what is missing nevertheless, or is empty."""

    up: bool
    reason: str = ""
    text: str = ""
    hint: str = ""
    directories: int = 0
    detail: str = ""


Row = tuple[str, str, int, int]
"""Directory, name, bits, index of the writer."""

Writer = tuple[int, str, str, str]
"""Process id, program, agent, session."""


def encode_seen(at: float, writers: Sequence[Writer], rows: Sequence[Row]) -> tuple[object, ...]:
    """The values of a frame: rows by directory, which they share."""
    folders: dict[str, list[tuple[str, int, int]]] = {}
    for directory, name, bits, writer in rows:
        folders.setdefault(directory, []).append((name, bits, writer))
    return at, writers, folders


def decode_seen(at: float, writers: Sequence[Sequence[Any]], folders: Mapping[str, Any]) -> Iterator[WriterSeen]:
    """What a frame says."""
    for directory, rows in folders.items():
        for name, bits, number in rows:
            pid, program, agent, session = writers[number]
            operations = frozenset(word for bit, word in _OPERATIONS.items() if bits & bit)
            folder = bool(bits & syscalls.FAN_ONDIR)
            yield WriterSeen(at, directory, name, operations, pid, program, agent, session, folder)
