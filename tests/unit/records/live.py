"""Lines as Claude Code and Codex write them, about files that a test edits now."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


class ClaudeCode:
    """A session of Claude Code that edits files and keeps its record; each edit has an id of its own."""

    def __init__(self, home: Path, cwd: Path, session: str = "5e2c03c7-fb6e-4b4d-bd62-379a9c848e8d") -> None:
        self.session, self.cwd = session, cwd
        self.record = home / ".claude" / "projects" / "-work" / f"{session}.jsonl"
        self.version = "2.1.197"
        self._edits: Iterator[int] = iter(range(1_000_000))

    def edit(self, path: Path, text: str, between: str = "") -> None:
        """Edits a file as the agent's tool does: the call, the write, and the result a little later."""
        tool = f"toolu_{self.session[:8]}{next(self._edits):012}"
        before = path.read_text() if path.exists() else None
        self.write(*self.called(tool, path, text))
        path.write_text(text)
        self.write(between, *self.ended(tool, path, before, text))

    def called(self, tool: str, path: Path, text: str) -> list[str]:
        """The line of a call that writes a whole file."""
        use = {"type": "tool_use", "id": tool, "name": "Write", "input": {"file_path": str(path), "content": text}}
        message = {"id": f"msg_{tool}", "model": "claude-opus", "content": [use], "usage": {"output_tokens": 7}}
        return [self.line(type="assistant", message=message)]

    def ended(self, tool: str, path: Path, before: str | None, text: str) -> list[str]:
        """The line of its result."""
        new = before is None
        lines = [] if before is None else [*(f"-{line}" for line in before.splitlines())]
        lines += [f"+{line}" for line in text.splitlines()]
        result = {
            "type": "create" if new else "update",
            "filePath": str(path),
            "content": text,
            "structuredPatch": [] if new else [{"oldStart": 1, "newStart": 1, "lines": lines}],
            "originalFile": before,
            "userModified": False,
        }
        part = {"type": "tool_result", "tool_use_id": tool, "content": "done"}
        return [self.line(type="user", message={"content": [part]}, toolUseResult=result)]

    def line(self, **fields: Any) -> str:
        """A line with what all lines have."""
        at = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = {"sessionId": self.session, "cwd": str(self.cwd), "version": self.version, "timestamp": at}
        return json.dumps({**head, **fields}) + "\n"

    def write(self, *lines: str) -> None:
        """Appends to the record."""
        self.record.parent.mkdir(parents=True, exist_ok=True)
        with self.record.open("a") as file:
            file.write("".join(lines))


class Codex:
    """A session of Codex that patches files and keeps its rollout open."""

    def __init__(self, home: Path, cwd: Path, thread: str = "01a218eb-cdf5-7fb1-b19f-21fd87643bd9") -> None:
        folder = home / ".codex" / "sessions" / "2026" / "11" / "26"
        folder.mkdir(parents=True)
        self.thread = thread
        self.record = folder / f"rollout-2026-11-26T17-33-56-{thread}.jsonl"
        self._file = self.record.open("a", buffering=1)
        self._write("session_meta", id=thread, session_id=thread, cwd=str(cwd), cli_version="0.171.0")

    def add(self, path: Path, text: str) -> None:
        """Makes a file."""
        begun = time.time()
        path.write_text(text)
        change = {"type": "FileChange", "id": f"call_{int(begun * 1e6)}", "status": "completed"}
        times = {"started_at_ms": int(begun * 1000), "completed_at_ms": int(time.time() * 1000)}
        item = {**change, "changes": {str(path): {"type": "add", "content": text}}}
        self._write("event_msg", type="item_completed", thread_id=self.thread, turn_id="t", item=item, **times)

    def close(self) -> None:
        """Ends it."""
        self._file.close()

    def _write(self, kind: str, **payload: Any) -> None:
        at = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._file.write(json.dumps({"timestamp": at, "type": kind, "payload": payload}) + "\n")
