"""Droid: `sessions/<folder>/<session>.jsonl`, messages as lines; tokens of the session in `<session>.settings.json`."""

from __future__ import annotations

from typing import Final

from obsd.facts.records import FileWritten, Kind
from obsd.records.adapter import Adapter, Root, Source
from obsd.records.conversation import Conversation
from obsd.records.record import Record
from obsd.records.written import edited, patched, replaced, wrote

_TOOLS: Final[dict[str, Kind | None]] = {
    **dict.fromkeys(("Edit", "MultiEdit", "ApplyPatch"), "edit"),
    "Create": "write",
    "Execute": "shell",
    **dict.fromkeys(("Read", "LS", "Grep", "Glob", "WebSearch", "FetchUrl", "TodoWrite", "Task", "ExitSpecMode")),
    **dict.fromkeys(("AskUser", "Skill", "ToolSearch")),
}


def _read(record: Record, conversation: Conversation) -> bool:
    conversation.update(record.moment("timestamp"))
    if record.word("type") == "session_start":
        conversation.update(
            session=record.word("id"),
            cwd=record.path("cwd"),
            host=record.word("hostId"),
            parent=record.word("callingSessionId"),
        )
    if record.word("type") != "message":
        return bool(record.word("type"))
    conversation.update(model=record.word("message", "modelId"))
    understood = True
    for part in record.all("message", "content"):
        if part.word("type") == "tool_use":
            name = part.word("name")
            conversation.call(part.word("id"), ADAPTER.kind(name), _called(name, part.sub("input"), conversation.cwd))
        elif part.word("type") == "tool_result":
            files = _left(part, conversation)
            understood &= conversation.result(part.word("tool_use_id"), not part.flag("is_error"), files)
    return understood


def _called(name: str, arguments: Record, cwd: str) -> tuple[FileWritten, ...]:
    path = arguments.path("file_path", cwd=cwd)
    if name == "Create":
        return wrote(path, arguments, "content", new=True)
    if name == "ApplyPatch":
        return patched(arguments, "input", cwd=cwd) or patched(arguments, "patch", cwd=cwd)
    if name == "MultiEdit":
        return replaced(path, arguments.all("changes"), "old_str", "new_str")
    return replaced(path, [arguments], "old_str", "new_str") if name == "Edit" else ()


def _left(part: Record, conversation: Conversation) -> tuple[FileWritten, ...]:
    """The lines of the difference, from the result, which is a JSON text."""
    result, call = part.nested("content"), conversation.pending.get(part.word("tool_use_id"))
    path = result.path("file_path", cwd=conversation.cwd)
    if call is None or call.kind not in ("edit", "write") or len(call.files) > 1 or not path:
        return ()
    return edited(path, result.marked("diffLines", "type", "content"), kind=call.kind)


def _settings(record: Record, conversation: Conversation) -> bool:
    conversation.update(model=record.word("model"))
    tokens = record.sub("tokenUsage").tokens(
        input="inputTokens",
        output="outputTokens",
        cache_read="cacheReadTokens",
        cache_creation="cacheCreationTokens",
        reasoning="thinkingTokens",
    )
    conversation.set_total_usage(tokens)
    return record.has("tokenUsage") or not record.has("model")


def _settings_of(path: str) -> str:
    return path.removesuffix(".jsonl") + ".settings.json"


_ROOT: Final = Root(".factory/sessions")

ADAPTER: Final = Adapter(
    agent="factory-droid",
    sources=(
        Source(
            _ROOT,
            ("*", "*.jsonl"),
            "lines",
            _read,
            (b'"session_start"', b'"tool_use"', b'"tool_result"', b'"modelId"'),
            header=True,
            companion=_settings_of,
            read_companion=_settings,
        ),
    ),
    keys=frozenset(
        {
            *("timestamp", "type", "id", "cwd", "hostId", "callingSessionId", "message", "modelId", "content", "name"),
            *("input", "tool_use_id", "is_error", "file_path", "patch", "changes", "old_str", "new_str", "diffLines"),
            *("model", "tokenUsage", "inputTokens", "outputTokens", "cacheReadTokens", "cacheCreationTokens"),
            "thinkingTokens",
        }
    ),
    tools=_TOOLS,
)
