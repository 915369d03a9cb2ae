"""What an adapter declares: where an agent keeps its records, in which form, which keys are read, and what they mean.

Owns the declarations' types and where a place is on this machine. Constants and pure functions, any thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from obsd.facts.records import Kind
from obsd.records.conversation import Conversation
from obsd.records.record import Record

Form = Literal["lines", "document", "database"]
"""JSON lines that are appended to; one JSON document, rewritten; an SQLite database."""

Read = Callable[[Record, Conversation], bool]
"""Updates the conversation from a record; returns False for a record that it should understand and does not."""


@dataclass(frozen=True, slots=True)
class Root:
    """A folder of records: below that of the first variable that is set, else `default` below the home folder."""

    default: str
    variables: tuple[tuple[str, str], ...] = ()

    def folder(self, home: str, environment: Mapping[str, str]) -> str:
        """Where it is for this user; a variable that is no absolute path counts as not set."""
        for variable, below in self.variables:
            value = environment.get(variable, "")
            value = home + value[1:] if value == "~" or value.startswith("~/") else value
            if value.startswith("/"):
                return os.path.normpath(os.path.join(value, below))
        return os.path.join(home, self.default)


@dataclass(frozen=True, slots=True)
class Source:
    """Files of one kind in a root.

    `names` are patterns, one a level (`*/*.jsonl` is two), `never` those of files that are something else. A line
    without any of the `needles` cannot matter and is not parsed, nor is one with any of the `harmless`: results of
    tools that write nothing. `header`: the first line describes the session. `companion` returns, for the path of the
    records, the path of a file that describes the session and is read first; `read_companion` takes its JSON, or its
    `text`.
    `parent` finds the session that one belongs to in the path. `timed` is False for records that have no times.
    """

    root: Root
    names: tuple[str, ...]
    form: Form
    read: Read
    needles: tuple[bytes, ...] = ()
    harmless: tuple[bytes, ...] = ()
    header: bool = False
    companion: Callable[[str], str] | None = None
    read_companion: Read | None = None
    parent: Callable[[str], str] | None = None
    never: tuple[str, ...] = ()
    timed: bool = True


@dataclass(frozen=True, slots=True)
class Adapter:
    """How to read one agent's records. `keys` are all keys of records that are looked at, whatever they hold."""

    agent: str
    sources: tuple[Source, ...]
    keys: frozenset[str]
    tools: Mapping[str, Kind | None] = field(default_factory=dict)
    """Kinds of tools by name; None: writes nothing. A tool that is not there may write."""

    def kind(self, name: str) -> Kind | None:
        """What a tool of this name does."""
        return self.tools.get(name, "other")
