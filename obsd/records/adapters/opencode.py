"""opencode: a database, `opencode.db`; a call is a row of `part`, written when it is made and again when it has ended.

Rows of type `patch` are the difference of the whole tree over a step: they have what a person changed meanwhile as
well, and are no evidence.
"""

from __future__ import annotations

from typing import Final

from obsd.facts.records import FileWritten, Kind
from obsd.records.adapter import Adapter, Root, Source
from obsd.records.conversation import Conversation
from obsd.records.record import Record
from obsd.records.written import edited, patched, replaced, wrote

_TOOLS: Final[dict[str, Kind | None]] = {
    **dict.fromkeys(("edit", "multiedit", "patch", "apply_patch"), "edit"),
    "write": "write",
    "bash": "shell",
    **dict.fromkeys(("read", "list", "glob", "grep", "webfetch", "websearch", "codesearch", "task", "todowrite")),
    **dict.fromkeys(("todoread", "skill", "question", "invalid", "lsp", "plan_enter", "plan_exit")),
}


def _read(record: Record, conversation: Conversation) -> bool:
    part = record.sub("data")
    conversation.update(
        record.moment("time_updated"),
        session=record.word("session_id"),
        parent=record.word("session", "parent_id"),
        cwd=record.path("session", "directory"),
        version=record.word("session", "version"),
        model=record.nested("session", "model").word("id"),
    )
    if part.word("type") == "step-finish":
        tokens = part.sub("tokens").tokens(
            input="input",
            output="output",
            cache_read="cache.read",
            cache_creation="cache.write",
            reasoning="reasoning",
        )
        conversation.add_usage(record.word("id"), tokens)
    return _tool(part, conversation) if part.word("type") == "tool" else bool(part.word("type"))


def _tool(part: Record, conversation: Conversation) -> bool:
    kind, tool_id, state = ADAPTER.kind(part.word("tool")), part.word("callID"), part.sub("state")
    status, started = state.word("status"), state.moment("time", "start")
    if status in ("pending", "running"):
        if status == "running" and not conversation.is_pending(tool_id):
            conversation.update(started)
            conversation.call(tool_id, kind, _called(part.word("tool"), state, conversation.cwd))
        return True
    if status not in ("completed", "error"):
        return False
    files = _left(part.word("tool"), state, conversation.cwd)
    return conversation.result(tool_id, status == "completed", files, kind, started, state.moment("time", "end"))


def _called(name: str, state: Record, cwd: str) -> tuple[FileWritten, ...]:
    arguments = state.sub("input")
    path = arguments.path("filePath", cwd=cwd)
    if name == "write":
        return wrote(path, arguments, "content")
    if name in ("patch", "apply_patch"):
        return patched(arguments, "patchText", cwd=cwd)
    if name == "multiedit":
        return replaced(path, arguments.all("edits"), "oldString", "newString")
    return replaced(path, [arguments], "oldString", "newString") if name == "edit" else ()


def _left(name: str, state: Record, cwd: str) -> tuple[FileWritten, ...]:
    called = _called(name, state, cwd)
    if name == "write" and called and state.has("metadata", "exists") and not state.flag("metadata", "exists"):
        return wrote(called[0].path, state.sub("input"), "content", new=True)
    if name == "edit" and called:
        change = state.unified("metadata", "filediff", "patch") or state.unified("metadata", "diff")
        return edited(called[0].path, change) if change else called
    return called


ADAPTER: Final = Adapter(
    agent="opencode",
    sources=(
        Source(Root(".local/share/opencode", (("XDG_DATA_HOME", "opencode"),)), ("opencode*.db",), "database", _read),
    ),
    keys=frozenset(
        {
            *("data", "time_updated", "session_id", "session", "parent_id", "directory", "version", "model", "id"),
            *("type", "tokens", "input", "output", "reasoning", "cache", "read", "write", "tool", "callID", "state"),
            *("status", "time", "start", "end", "filePath", "content", "patchText", "edits", "oldString", "newString"),
            *("metadata", "exists", "filediff", "patch", "diff"),
        }
    ),
    tools=_TOOLS,
)
