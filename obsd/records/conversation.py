"""The conversation that a file of records holds: its session, calls without result, counted tokens.

Owns joining calls with their results. Adapters feed it from records; it emits to the collector. `saved` is what must be
remembered to go on after a restart: identifiers and numbers. One thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from obsd.facts.records import FILE_KINDS, NO_TOKENS, FileWritten, Kind, SessionSeen, Tokens, ToolRan
from obsd.records.collector import Collector

_WORDS = ("session", "parent", "cwd", "model", "version", "host", "usage_id")
_TOKENS = ("usage", "total", "unclaimed")
MAX_PENDING = 500


@dataclass(frozen=True, slots=True)
class Call:
    """A call that has no result yet; `offset` is that of its record."""

    kind: Kind
    started: float
    files: tuple[FileWritten, ...]
    subagent: str
    offset: int


@dataclass(slots=True)
class Conversation:
    """The state of one file. `at` is the time of the record that is read, `offset` where in the file it begins.

    `ours`: it wrote in a registered workspace; `unclaimed` are tokens from before that was known. `timed` is
    False for records without times: `since` is then the time of the last scan, `at` that of this one. Tokens up to
    `not_before` are counted already.
    """

    agent: str
    out: Collector
    session: str = ""
    parent: str = ""
    cwd: str = ""
    model: str = ""
    version: str = ""
    host: str = ""
    usage_id: str = ""
    usage: Tokens = NO_TOKENS
    total: Tokens = NO_TOKENS
    unclaimed: Tokens = NO_TOKENS
    last_at: float = 0.0
    first_at: float = 0.0
    at: float = 0.0
    timed: bool = True
    since: float = 0.0
    not_before: float = 0.0
    offset: int = 0
    ours: bool = False
    pending: dict[str, Call] = field(default_factory=dict)

    def update(self, at: float | None = None, **words: str) -> None:
        """Sets what a record has of its session (fields of this class); what is empty changes nothing."""
        for name, value in words.items():
            if value:
                setattr(self, name, value)
        if at is not None:
            self.at = at
            self.last_at = max(self.last_at, at)
            if not self.first_at and at > self.not_before and not self.out.excludes(at):
                self.first_at = at

    def call(
        self,
        tool_id: str,
        kind: Kind | None,
        files: Iterable[FileWritten] = (),
        subagent: str = "",
    ) -> None:
        """A tool was called; one that writes nothing (`kind` is None), or whose call is known, is passed over."""
        if not tool_id or kind is None or tool_id in self.pending:
            return
        call = Call(kind, self._now(), tuple(files), subagent, self.offset)
        self.pending[tool_id] = call
        if len(self.pending) > MAX_PENDING:
            del self.pending[next(iter(self.pending))]
        self._emit(tool_id, kind, call, None, True)

    def result(
        self,
        tool_id: str,
        ok: bool,
        files: Iterable[FileWritten] = (),
        kind: Kind | None = None,
        started: float | None = None,
        ended: float | None = None,
        subagent: str = "",
    ) -> bool:
        """A tool has ended. Returns False when the files that it wrote are missing.

        `kind` is needed where the call may be unknown. For a file, the result is preferred to the call.
        """
        call = self.pending.pop(tool_id, None)
        kind = kind or (call.kind if call else None)
        if not tool_id or kind is None:
            return True
        base = call or Call(kind, started or self._now(), (), subagent, self.offset)
        merged = _merged(base.files, tuple(files))
        if kind in FILE_KINDS and ok and not merged:
            return False
        self._emit(tool_id, kind, replace(base, files=merged), ended or self._now(), ok)
        return True

    def emit_session(self) -> None:
        """Emits the session and the tokens of this step, if it was active and belongs to a workspace."""
        if not self.first_at or not self.session or not (self.ours or (self.cwd and self.out.scope.place(self.cwd))):
            return
        words = (self.cwd, self.model, self.version, self.parent, self.host)
        last_at = max(self.first_at, self._now())
        self.out.session(SessionSeen(self.agent, self.session, self.first_at, last_at, *words, self.unclaimed))
        self.unclaimed, self.first_at = NO_TOKENS, 0.0

    def is_pending(self, tool_id: str) -> bool:
        """Whether a call waits for its result."""
        return tool_id in self.pending

    def add_usage(self, request_id: str, tokens: Tokens) -> None:
        """Tokens of one request; a request that is written again, with more, counts once."""
        again = bool(request_id) and request_id == self.usage_id
        self._add(tokens.beyond(self.usage) if again else tokens)
        self.usage_id, self.usage = request_id, tokens

    def set_total_usage(self, tokens: Tokens) -> None:
        """Tokens of the session so far, by its own count."""
        more = tokens.beyond(self.total)
        self._add(more)
        self.total += more

    def saved(self) -> dict[str, Any]:
        """What must be remembered of it; JSON."""
        words = {name: value for name in _WORDS if (value := getattr(self, name))}
        numbers = {name: list(getattr(self, name).parts()) for name in _TOKENS}
        return {**words, **numbers, "last_at": self.last_at, "ours": self.ours}

    def restore(self, saved: dict[str, Any]) -> None:
        """Restores what `saved` returned."""
        for name in _WORDS:
            setattr(self, name, str(saved.get(name, "")))
        for name in _TOKENS:
            setattr(self, name, _tokens(saved.get(name)))
        self.last_at = float(saved.get("last_at", 0.0))
        self.ours = bool(saved.get("ours"))

    def _emit(self, tool_id: str, kind: Kind, call: Call, ended: float | None, ok: bool) -> None:
        tool = ToolRan(
            agent=self.agent,
            session=self.session,
            tool_id=tool_id,
            kind=kind,
            started=call.started if ended is None else min(call.started, ended),
            ended=ended,
            ok=ok,
            read_at=self.out.now(),
            files=call.files,
            subagent=call.subagent,
            exact_times=self.timed,
        )
        if self.out.tool(tool, self.cwd) and call.files:
            self.ours = True

    def _add(self, tokens: Tokens) -> None:
        at = self._now()
        if not self.out.excludes(at) and at > self.not_before:
            self.unclaimed += tokens
            self.first_at = self.first_at or at

    def _now(self) -> float:
        return self.at or self.out.now()


def _merged(of_call: tuple[FileWritten, ...], of_result: tuple[FileWritten, ...]) -> tuple[FileWritten, ...]:
    if not of_result:
        return of_call
    called = {file.path: file for file in of_call}
    return tuple(_filled(file, called.get(file.path)) for file in of_result)


def _filled(file: FileWritten, call: FileWritten | None) -> FileWritten:
    if call is None:
        return file
    lines = file.lines or call.lines
    return replace(
        file,
        lines_added=call.lines_added if file.lines_added is None else file.lines_added,
        lines_removed=call.lines_removed if file.lines_removed is None else file.lines_removed,
        content=file.content or call.content,
        lines=lines,
        whole=file.whole if file.lines else call.whole,
    )


def _tokens(parts: Any) -> Tokens:
    return Tokens(*(int(part) for part in parts)) if isinstance(parts, list) and len(parts) == 5 else NO_TOKENS
