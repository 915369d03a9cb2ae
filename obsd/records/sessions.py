"""Which session a process of an agent works for, by files that the agent keeps while it runs.

Owns the four that do: Claude Code's `sessions/<pid>.json`, Copilot CLI's lock, Cline's manifest, and Codex's rollout
that it holds open. A number of a process is used again: each answer is checked against the time at which the process
started. Blocking for some milliseconds, worker threads.
"""

from __future__ import annotations

import functools
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from obsd.records.adapters import claude_code, cline, codex, copilot_cli
from obsd.records.files import read_small
from obsd.records.record import Reading, Record
from obsd.records.user import User

_THREAD = re.compile(r"rollout-.*-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl")
_CLOCK_SLACK_SECONDS = 2.0
_MAX_MANIFESTS = 200
_HOLDS_SECONDS = 1.0
_MAX_FOUND = 256
_KEYS = frozenset({"pid", "procStart", "sessionId", "session_id", "cwd", "status", "started_at"})


@dataclass(frozen=True, slots=True)
class ProcessSession:
    """The session of a process; `cwd` is empty where the file does not have it."""

    agent: str
    session: str
    cwd: str = ""


@functools.cache
def _of_this_user() -> ProcessSessions:
    return ProcessSessions(User.current())


def session_of(pid: int) -> str:
    """The session of a process of this user; empty when nothing tells it. Looked up again after a second at most."""
    return _of_this_user().session_of(pid)


class ProcessSessions:
    """Looks up processes of one user. `proc` is where /proc is."""

    def __init__(self, user: User, proc: str = "/proc") -> None:
        self._user, self._proc = user, proc
        self._found: dict[int, tuple[str, float, str]] = {}

    def session_of(self, pid: int) -> str:
        """The session of a process, or empty. An answer holds for a second: many writes of one process come at once."""
        ticks, now = self._ticks(pid), time.monotonic()
        of_ticks, until, session = self._found.pop(pid, ("", 0.0, ""))
        if ticks != of_ticks or now > until:
            found = self.find(pid)
            session, until = found.session if found else "", now + _HOLDS_SECONDS
        self._found[pid] = (ticks, until, session)
        if len(self._found) > _MAX_FOUND:
            del self._found[next(iter(self._found))]
        return session

    def find(self, pid: int) -> ProcessSession | None:
        """The session of a process that runs; None when it has none, or several."""
        ticks = self._ticks(pid)
        seconds = self._seconds(ticks)
        if seconds is None:
            return None
        for look in (self._claude, self._codex, self._copilot, self._cline):
            if found := look(pid, ticks, seconds):
                return found
        return None

    def _claude(self, pid: int, ticks: str, started: float) -> ProcessSession | None:
        for source in claude_code.ADAPTER.sources:
            folder = os.path.dirname(source.root.folder(self._user.home, self._user.environment))
            content = self._content(f"{folder}/sessions/{pid}.json")
            if content.number("pid") == pid and content.word("procStart") == ticks and content.word("sessionId"):
                return ProcessSession("claude-code", content.word("sessionId"), content.path("cwd"))
        return None

    def _codex(self, pid: int, ticks: str, started: float) -> ProcessSession | None:
        """The thread whose rollout it holds open; with several (subagents) the oldest is the one that began them."""
        folders = [
            os.path.realpath(source.root.folder(self._user.home, self._user.environment))
            for source in codex.ADAPTER.sources
        ]
        found = []
        for target in self._open_files(pid):
            match = _THREAD.fullmatch(os.path.basename(target))
            if match and any(target.startswith(folder + "/") for folder in folders):
                found.append((os.path.basename(target), match[1]))
        return ProcessSession("codex", min(found)[1]) if found else None

    def _copilot(self, pid: int, ticks: str, started: float) -> ProcessSession | None:
        folder = copilot_cli.ADAPTER.sources[0].root.folder(self._user.home, self._user.environment)
        found = []
        for name in _names(folder):
            try:
                state = os.lstat(f"{folder}/{name}/inuse.{pid}.lock")
            except OSError:
                continue
            if state.st_uid == self._user.uid and state.st_mtime >= started - _CLOCK_SLACK_SECONDS:
                found.append(name)
        return ProcessSession("copilot-cli", found[0]) if len(found) == 1 else None

    def _cline(self, pid: int, ticks: str, started: float) -> ProcessSession | None:
        """The manifest of a running session; None when one process serves several."""
        folder = cline.ADAPTER.sources[0].root.folder(self._user.home, self._user.environment)
        found = []
        for name in sorted(_names(folder), reverse=True)[:_MAX_MANIFESTS]:
            content = self._content(f"{folder}/{name}/{name}.json")
            begun = content.moment("started_at")
            runs = content.number("pid") == pid and content.word("status") == "running"
            if runs and begun is not None and begun >= started - _CLOCK_SLACK_SECONDS:
                found.append(ProcessSession("cline", content.word("session_id"), content.path("cwd")))
        return found[0] if len(found) == 1 else None

    def _content(self, path: str) -> Record:
        try:
            content: Any = json.loads(read_small(path, self._user.uid) or b"{}")
        except (ValueError, RecursionError):
            content = None
        return Record(content, Reading(_KEYS, b""))

    def _open_files(self, pid: int) -> Iterator[str]:
        for name in _names(f"{self._proc}/{pid}/fd"):
            try:
                yield os.readlink(f"{self._proc}/{pid}/fd/{name}")
            except OSError:
                continue

    def _ticks(self, pid: int) -> str:
        """When a process started, in clock ticks since the boot (field 22 of stat, proc(5)); empty: it is gone."""
        try:
            with open(f"{self._proc}/{pid}/stat", encoding="ascii", errors="replace") as file:
                return file.read().rpartition(")")[2].split()[19]
        except (OSError, IndexError):
            return ""

    def _seconds(self, ticks: str) -> float | None:
        """The same in Unix seconds."""
        try:
            with open(f"{self._proc}/stat", encoding="ascii") as file:
                boot = next(float(line.split()[1]) for line in file if line.startswith("btime "))
            return boot + int(ticks) / os.sysconf("SC_CLK_TCK")
        except (OSError, IndexError, ValueError, StopIteration):
            return None


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
