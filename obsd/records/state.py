"""How far each record file was read: what the source gives to be kept, so that a restart misses and doubles nothing.

Owns the marks and what a batch is. Frozen data, any thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from obsd.facts.records import Count, SessionSeen, ToolRan
from obsd.records.collector import MAX_KNOWN_TOOLS


@dataclass(frozen=True, slots=True)
class FileMark:
    """How far a file was read.

    `offset` is the end of the last whole line (of a database: the last row), `guard` a hash of the bytes before it,
    which distinguishes a rewritten file from a longer one. Records from `replay_from` on are read again after a
    restart, without counting, to know the calls that have no result yet.
    `in_line`: `offset` is inside of a line that is too long to be parsed.
    """

    agent: str
    path: str
    device: int
    inode: int
    offset: int
    size: int
    mtime_ns: int
    guard: str
    replay_from: int
    in_line: bool
    context: Mapping[str, Any]

    def to_json(self) -> str:
        """As text, for whoever keeps it."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> FileMark:
        """From `to_json`; raises ValueError or TypeError when it is not."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class State:
    """All that is kept: since when records are read, the marks by path, keys of emitted tools (the newest
    `collector.MAX_KNOWN_TOOLS` are enough), and how many records were understood, for the status alone."""

    since: float
    files: Mapping[str, FileMark] = field(default_factory=dict)
    known: tuple[bytes, ...] = ()
    counts: tuple[Count, ...] = ()

    def after(self, batches: Iterable[Batch]) -> State:
        """The state after batches were taken."""
        files, known, counts = dict(self.files), dict.fromkeys(self.known), [*self.counts]
        for batch in batches:
            for path in batch.gone:
                files.pop(path, None)
            files.update((mark.path, mark) for mark in batch.files)
            known.update(dict.fromkeys(batch.known))
            counts += batch.counts
        return State(self.since, files, tuple(known)[-MAX_KNOWN_TOOLS:], tuple(counts))


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read, and what must be kept with it, in one transaction: `files`, `gone` and `known` are the changes
    of the state. `counts` are of records since the last batch."""

    tools: tuple[ToolRan, ...] = ()
    sessions: tuple[SessionSeen, ...] = ()
    counts: tuple[Count, ...] = ()
    files: tuple[FileMark, ...] = ()
    gone: tuple[str, ...] = ()
    known: tuple[bytes, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tools or self.sessions or self.counts or self.files or self.gone or self.known)
