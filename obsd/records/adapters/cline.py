"""Cline: `sessions/<id>/<id>.messages.json`, one document that is rewritten; the folder is in `<id>.json`."""

from __future__ import annotations

from typing import Final

from obsd.facts.records import NO_TOKENS, FileWritten, Kind
from obsd.records.adapter import Adapter, Root, Source
from obsd.records.conversation import Conversation
from obsd.records.record import Record
from obsd.records.written import edited, patched, replaced, wrote

_TOOLS: Final[dict[str, Kind | None]] = {
    **dict.fromkeys(("editor", "apply_patch"), "edit"),
    **dict.fromkeys(("run_commands", "bash"), "shell"),
    **dict.fromkeys(("read_files", "read_file", "search_codebase", "search_files", "list_files", "fetch_web_content")),
    **dict.fromkeys(("skills", "ask_question", "submit_and_exit", "spawn_agent")),
}


def _read(record: Record, conversation: Conversation) -> bool:
    conversation.update(session=record.word("sessionId"), version=record.word("origin", "version"))
    total, understood = NO_TOKENS, record.has("messages")
    for message in record.all("messages"):
        conversation.update(message.moment("ts"), model=message.word("modelInfo", "id"))
        total += message.sub("metrics").tokens(
            input="inputTokens", output="outputTokens", cache_read="cacheReadTokens", cache_creation="cacheWriteTokens"
        )
        for part in message.all("content"):
            understood &= _part(part, conversation)
        conversation.set_total_usage(total)
    return understood


def _part(part: Record, conversation: Conversation) -> bool:
    if part.word("type") == "tool_use":
        name = part.word("name")
        conversation.call(part.word("id"), ADAPTER.kind(name), _called(name, part.sub("input"), conversation.cwd))
    elif part.word("type") == "tool_result":
        tool_id, result = part.word("tool_use_id"), part.nested("content")
        call = conversation.pending.get(tool_id)
        files: tuple[FileWritten, ...] = ()
        if call is not None and call.kind == "edit" and len(call.files) == 1 and not call.files[0].whole:
            change = result.numbered("result")
            files = edited(call.files[0].path, change) if change else ()
        failed = part.flag("is_error") or result.has("error") or part.contains('"error":', "content")
        return conversation.result(tool_id, result.flag("success", otherwise=not failed), files)
    return True


def _called(name: str, arguments: Record, cwd: str) -> tuple[FileWritten, ...]:
    if ADAPTER.kind(name) != "edit":
        return ()
    path = arguments.path("path", cwd=cwd)
    if name == "apply_patch":
        return patched(arguments, "input", cwd=cwd)
    if arguments.has("old_text") or arguments.has("insert_line"):
        return replaced(path, [arguments], "old_text", "new_text")
    return wrote(path, arguments, "new_text", new=True)


def _manifest_of(path: str) -> str:
    return path.removesuffix(".messages.json") + ".json"


def _manifest(record: Record, conversation: Conversation) -> bool:
    conversation.update(session=record.word("session_id"), cwd=record.path("cwd"), model=record.word("model"))
    return record.has("session_id")


_BASE: Final = (("CLINE_DATA_DIR", "sessions"), ("CLINE_DIR", "data/sessions"))

ADAPTER: Final = Adapter(
    agent="cline",
    sources=(
        Source(
            Root(".cline/data/sessions", _BASE),
            ("*", "*.messages.json"),
            "document",
            _read,
            companion=_manifest_of,
            read_companion=_manifest,
        ),
    ),
    keys=frozenset(
        {
            *(
                "sessionId",
                "origin",
                "version",
                "messages",
                "ts",
                "modelInfo",
                "id",
                "metrics",
                "inputTokens",
                "content",
            ),
            *("outputTokens", "cacheReadTokens", "cacheWriteTokens", "type", "name", "input", "tool_use_id", "result"),
            *(
                "success",
                "error",
                "is_error",
                "path",
                "old_text",
                "insert_line",
                "new_text",
                "session_id",
                "cwd",
                "model",
            ),
        }
    ),
    tools=_TOOLS,
)
