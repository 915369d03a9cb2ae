"""What a pass over records brings together: tools, sessions, counts of what was understood.

Owns what is kept of it: files in registered workspaces alone, each tool once, whatever number of copies of a
conversation has it. One thread at a time.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from obsd.errors import ObsdError
from obsd.facts.records import FILE_KINDS, Count, FileWritten, SessionSeen, ToolRan

MAX_KNOWN_TOOLS = 20_000
_MOST_RESOLVED = 2_000
_UNIQUE = re.compile(r"(?=[0-9A-Za-z]*[0-9])[0-9A-Za-z]{12,}")
"""A part of an id that nobody else's has; `functions.bash:0`, as some models number calls, is unique in a session."""


class Scope:
    """The folders of the registered workspaces, and which paths are in them.

    `resolve` returns a folder without links, or raises ObsdError where it does not answer: records name any path, and
    some lead to a disk that never does. It is asked once for each folder.
    """

    def __init__(self, folders: Iterable[str], resolve: Callable[[str], str] = os.path.realpath) -> None:
        self._folders = tuple(sorted(folder.rstrip("/") or "/" for folder in folders))
        self._resolve = resolve
        self._resolved: dict[str, str] = {}

    def place(self, path: str) -> str:
        """The path as a path in a workspace, links on the way to it resolved; empty when it is in none."""
        if self._holds(path):
            return path
        if not self._folders or not path.startswith("/"):
            return ""
        resolved = self._real(os.path.dirname(path)) + "/" + os.path.basename(path)
        return resolved if self._holds(resolved) else ""

    def reaches(self, cwd: str) -> bool:
        """Whether a command that starts in `cwd` may be meant for a workspace: it is in one, or above one."""
        above = cwd.rstrip("/") + "/"
        return bool(cwd) and (bool(self.place(cwd)) or any(folder.startswith(above) for folder in self._folders))

    def _real(self, folder: str) -> str:
        known = self._resolved.get(folder)
        if known is None:
            try:
                known = self._resolve(folder)
            except (ObsdError, ValueError):
                known = folder
            if len(self._resolved) >= _MOST_RESOLVED:
                self._resolved.clear()
            self._resolved[folder] = known
        return known

    def _holds(self, path: str) -> bool:
        return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in self._folders)


class KnownTools:
    """The newest of the tools that were emitted, as hashes."""

    def __init__(self, known: Iterable[bytes] = ()) -> None:
        self._known: dict[bytes, None] = dict.fromkeys(list(known)[-MAX_KNOWN_TOOLS:])

    def __contains__(self, key: bytes) -> bool:
        return key in self._known

    def add(self, key: bytes) -> None:
        self._known[key] = None
        if len(self._known) > MAX_KNOWN_TOOLS:
            del self._known[next(iter(self._known))]


def tool_key(agent: str, session: str, tool_id: str) -> bytes:
    """What a tool is known by: its id, where that is unique, else together with its session."""
    owner = "" if _UNIQUE.search(tool_id) else session
    return hashlib.blake2b(f"{agent}\0{owner}\0{tool_id}".encode(), digest_size=8).digest()


@dataclass(slots=True)
class Collector:
    """Takes what conversations emit during one pass.

    `muted` while records are only read for their context; `learning` while their tools are remembered and not emitted.
    What ended before `since` is not emitted either.
    """

    scope: Scope
    known: KnownTools
    now: Callable[[], float]
    since: float = 0.0
    until: float = float("inf")
    history: bool = False
    muted: bool = False
    learning: bool = False
    tools: list[ToolRan] = field(default_factory=list)
    new_keys: list[bytes] = field(default_factory=list)
    sessions: dict[tuple[str, str], SessionSeen] = field(default_factory=dict)
    _counts: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def tool(self, tool: ToolRan, cwd: str) -> bool:
        """Takes a tool; returns False when it is outside of all workspaces, or was emitted before."""
        key = tool_key(tool.agent, tool.session, tool.tool_id)
        if self.learning and tool.ended is not None and key not in self.known:
            self._know(key)
        moment = tool.started if tool.ended is None else tool.ended
        if key in self.known or self.excludes(moment) or (self.history and tool.ended is None):
            return False
        files = tuple(kept for file in tool.files if (kept := self._kept(file)))
        if not files and (tool.kind in FILE_KINDS or not self.scope.reaches(cwd)):
            return False
        if tool.ended is not None:
            self._know(key)
        self.tools.append(replace(tool, files=files, history=self.history))
        return True

    def excludes(self, at: float) -> bool:
        """Whether what happened at this time is not emitted."""
        return self.muted or self.learning or not self.since <= at < self.until

    def session(self, seen: SessionSeen) -> None:
        """Takes news of a session; several of one pass become one."""
        key = (seen.agent, seen.session)
        known = self.sessions.get(key)
        if known is not None:
            seen = replace(
                seen,
                first_at=min(known.first_at, seen.first_at),
                last_at=max(known.last_at, seen.last_at),
                model=seen.model or known.model,
                tokens=known.tokens + seen.tokens,
            )
        self.sessions[key] = replace(seen, cwd=seen.cwd and self.scope.place(seen.cwd), history=self.history)

    def count(self, agent: str, version: str, understood: bool, at: float) -> None:
        """Counts a record that matters, by whether it was understood."""
        if self.muted or self.learning:
            return
        counts = self._counts.setdefault((agent, version), [0, 0, 0.0])
        counts[not understood] += 1
        counts[2] = max(counts[2], at)

    def counts(self) -> tuple[Count, ...]:
        """The counts since the last time that they were asked for."""
        found = tuple(Count(*key, int(good), int(bad), at) for key, (good, bad, at) in self._counts.items())
        self._counts.clear()
        return found

    def _know(self, key: bytes) -> None:
        self.known.add(key)
        self.new_keys.append(key)

    def _kept(self, file: FileWritten) -> FileWritten | None:
        path = self.scope.place(file.path)
        previous = self.scope.place(file.previous_path) if file.previous_path else ""
        if path:
            return replace(file, path=path, previous_path=previous)
        # What was moved out of a workspace is gone from it.
        return FileWritten(previous, "delete") if previous else None
