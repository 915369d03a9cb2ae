"""What agents' records are evidence of: tools that ran, files they wrote, sessions and their tokens; and
how many of them are understood.

Owns the words and nothing else. No text of a record is ever in them: contents are hashes, lines are keyed hashes.
Frozen data, any thread. Times are Unix seconds by the clock of whoever wrote the record; `read_at` is by ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["edit", "write", "delete", "move", "shell", "other"]
"""`edit` changes a part of files, `write` all of one; `shell` is a command, `other` a tool that may write as well."""

FILE_KINDS: frozenset[str] = frozenset({"edit", "write", "delete", "move"})


@dataclass(frozen=True, slots=True)
class Content:
    """Which bytes a file had: hexadecimal SHA-256 and git blob id of its UTF-8 text; either can be empty."""

    sha256: str = ""
    blob: str = ""


@dataclass(frozen=True, slots=True)
class LineChange:
    """The lines of an edit, as keyed hashes (`obsd.line_hashes.line_hash`), in order.

    `exact` is False where the record has only parts of lines (the strings of a replacement): then the first and the
    last line may be parts, and hash to nothing that is in the file. `cut`: there were too many to keep.
    """

    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    exact: bool = True
    cut: bool = False


@dataclass(frozen=True, slots=True)
class FileWritten:
    """A file that a tool wrote: absolute path, and its content afterwards, as far as it is known.

    `lines` are those of the edit; for a whole file whose former content the record lacks, `whole` is True and all
    lines of the file are in `lines.added`. `lines_added` and `lines_removed` are None where they are not known.
    """

    path: str
    kind: Kind
    previous_path: str = ""
    lines_added: int | None = None
    lines_removed: int | None = None
    content: Content | None = None
    lines: LineChange | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class ToolRan:
    """A tool of an agent's session ran from `started` to `ended`, or runs since `started` (`ended` is None).

    A running tool is emitted at once, and again with the same `tool_id` when it has ended. `exact_times` is False
    where the record has no times of its own: then the tool ran somewhere between the two. `files` are those in
    registered workspaces. `subagent` is the agent's own id of a part of the session that did it.
    """

    agent: str
    session: str
    tool_id: str
    kind: Kind
    started: float
    ended: float | None
    ok: bool
    read_at: float
    files: tuple[FileWritten, ...] = ()
    subagent: str = ""
    exact_times: bool = True
    history: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """The absolute paths of its files, and the paths that they were moved from."""
        return tuple(path for file in self.files for path in (file.path, file.previous_path) if path)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of requests. `input` is without what came from a cache; `reasoning` is a part of `output`."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_creation: int = 0
    reasoning: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(*(a + b for a, b in zip(self.parts(), other.parts(), strict=True)))

    def beyond(self, other: Tokens) -> Tokens:
        """What this has more than `other`, never less than 0."""
        return Tokens(*(max(0, a - b) for a, b in zip(self.parts(), other.parts(), strict=True)))

    def parts(self) -> tuple[int, int, int, int, int]:
        """In the order of the fields."""
        return self.input, self.output, self.cache_read, self.cache_creation, self.reasoning


NO_TOKENS = Tokens()


@dataclass(frozen=True, slots=True)
class SessionSeen:
    """A session of an agent was at work between `first_at` and `last_at`, and spent `tokens` on top of those before.

    `cwd` is empty outside registered workspaces. `host` is the agent's own mark of the machine, where it has one.
    """

    agent: str
    session: str
    first_at: float
    last_at: float
    cwd: str = ""
    model: str = ""
    version: str = ""
    parent: str = ""
    host: str = ""
    tokens: Tokens = field(default=NO_TOKENS)
    history: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """How many records of an agent's version were understood, and how many were not; the newest is of `last_at`."""

    agent: str
    version: str
    understood: int = 0
    misread: int = 0
    last_at: float = 0.0
