"""pi: `agent/sessions/<folder>/<time>_<id>.jsonl`, messages as lines, flushed a record at a time."""

from __future__ import annotations

from typing import Final

from obsd.facts.records import FileWritten, Kind
from obsd.records.adapter import Adapter, Root, Source
from obsd.records.conversation import Conversation
from obsd.records.record import Record
from obsd.records.written import edited, replaced, wrote

_TOOLS: Final[dict[str, Kind | None]] = {
    "edit": "edit",
    "write": "write",
    "bash": "shell",
    **dict.fromkeys(("read", "grep", "find", "ls")),
}


def _read(record: Record, conversation: Conversation) -> bool:
    conversation.update(record.moment("timestamp"))
    kind, message = record.word("type"), record.sub("message")
    if kind == "session":
        conversation.update(session=record.word("id"), cwd=record.path("cwd"))
    if kind != "message":
        return bool(kind)
    if message.word("role") == "assistant":
        conversation.update(model=message.word("model"))
        tokens = message.sub("usage").tokens(
            input="input", output="output", cache_read="cacheRead", cache_creation="cacheWrite"
        )
        conversation.add_usage(record.word("id"), tokens)
        for part in message.all("content"):
            if part.word("type") == "toolCall":
                name = part.word("name")
                conversation.call(
                    part.word("id"), ADAPTER.kind(name), _called(name, part.sub("arguments"), conversation.cwd)
                )
        return True
    if message.word("role") == "bashExecution":
        return True
    if message.word("role") == "toolResult":
        return _ended(message, conversation)
    return bool(message.word("role"))


def _called(name: str, arguments: Record, cwd: str) -> tuple[FileWritten, ...]:
    path = arguments.path("path", cwd=cwd)
    if name == "write":
        return wrote(path, arguments, "content")
    return replaced(path, list(arguments.all("edits")) or [arguments], "oldText", "newText") if name == "edit" else ()


def _ended(message: Record, conversation: Conversation) -> bool:
    tool_id, ok = message.word("toolCallId"), not message.flag("isError")
    call = conversation.pending.get(tool_id)
    files: tuple[FileWritten, ...] = ()
    if call is not None and len(call.files) == 1 and message.has("details", "diff"):
        files = edited(call.files[0].path, message.numbered("details", "diff"))
    return conversation.result(tool_id, ok, files)


ADAPTER: Final = Adapter(
    agent="pi",
    sources=(
        Source(
            Root(".pi/agent/sessions", (("PI_CODING_AGENT_DIR", "sessions"),)),
            ("*", "*.jsonl"),
            "lines",
            _read,
            (b'"session"', b'"toolCall"', b'"toolResult"', b'"usage"'),
            header=True,
        ),
    ),
    keys=frozenset(
        {
            *("timestamp", "type", "message", "id", "cwd", "role", "model", "usage", "input", "output", "cacheRead"),
            *("cacheWrite", "content", "name", "arguments", "path", "edits", "oldText", "newText", "toolCallId"),
            *("isError", "details", "diff"),
        }
    ),
    tools=_TOOLS,
)
