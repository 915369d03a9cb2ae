"""Qwen Code: `projects/<folder>/chats/<session>.jsonl`; subagents are in the same file, as UI telemetry."""

from __future__ import annotations

from typing import Final

from obsd.facts.records import FileWritten, Kind, Tokens
from obsd.records.adapter import Adapter, Root, Source
from obsd.records.conversation import Conversation
from obsd.records.record import Record
from obsd.records.written import edited, replaced, wrote

_TOOLS: Final[dict[str, Kind | None]] = {
    "edit": "edit",
    "replace": "edit",
    "notebook_edit": "edit",
    "write_file": "write",
    "run_shell_command": "shell",
    **dict.fromkeys(
        ("read_file", "glob", "grep_search", "list_directory", "read_many_files", "web_fetch", "web_search")
    ),
    **dict.fromkeys(("todo_write", "save_memory", "agent", "task", "skill", "exit_plan_mode", "ask_user_question")),
    **dict.fromkeys(("task_stop", "monitor", "lsp")),
}


def _read(record: Record, conversation: Conversation) -> bool:
    conversation.update(
        record.moment("timestamp"),
        session=record.word("sessionId"),
        cwd=record.path("cwd"),
        version=record.word("version"),
    )
    kind = record.word("type")
    if kind == "assistant":
        conversation.update(model=record.word("model"))
        if record.has("usageMetadata"):
            conversation.add_usage(record.word("uuid"), _tokens(record.sub("usageMetadata")))
        for part in record.all("message", "parts"):
            if call := part.sub("functionCall"):
                name = call.word("name")
                conversation.call(
                    call.word("id"), ADAPTER.kind(name), _called(name, call.sub("args"), conversation.cwd)
                )
    elif kind == "tool_result":
        result = record.sub("toolCallResult")
        tool_id = result.word("callId")
        return conversation.result(tool_id, result.word("status") == "success", _left(result, conversation, tool_id))
    elif record.word("subtype") == "ui_telemetry":
        return _subagent(record, record.sub("systemPayload", "uiEvent"), conversation)
    return bool(kind)


def _called(name: str, arguments: Record, cwd: str) -> tuple[FileWritten, ...]:
    path = arguments.path("file_path", cwd=cwd) or arguments.path("notebook_path", cwd=cwd)
    if name == "write_file":
        return wrote(path, arguments, "content")
    return replaced(path, [arguments], "old_string", "new_string") if ADAPTER.kind(name) == "edit" else ()


def _left(result: Record, conversation: Conversation, tool_id: str) -> tuple[FileWritten, ...]:
    """What the result shows of the file that the call named; nothing where a person changed what was proposed."""
    shown, call = result.sub("resultDisplay"), conversation.pending.get(tool_id)
    if call is None or len(call.files) != 1 or not shown.has("newContent"):
        return ()
    file = call.files[0]
    if shown.number("diffStat", "user_added_lines"):
        return edited(file.path, None, kind=file.kind)
    lines = shown.unified("fileDiff") or shown.differs("originalContent", "newContent")
    return edited(file.path, lines, shown.content("newContent"), file.kind)


def _subagent(record: Record, event: Record, conversation: Conversation) -> bool:
    # The prompt's id of a subagent is <session>#<its name>#<number>; the main agent's calls have records of their own.
    who = event.word("prompt_id")
    if "#" not in who:
        return True
    if event.word("event.name") == "qwen-code.api_response":
        tokens = event.tokens(
            input="input_token_count",
            output="output_token_count",
            cache_read="cached_content_token_count",
            reasoning="thoughts_token_count",
        )
        conversation.add_usage(event.word("response_id"), _uncached(tokens))
    if event.word("event.name") != "qwen-code.tool_call" or not conversation.at:
        return True
    name = event.word("function_name")
    kind = ADAPTER.kind(name)
    files = _called(name, event.sub("function_args"), conversation.cwd)
    started = conversation.at - event.number("duration_ms") / 1000
    subagent = who.partition("#")[2]
    return conversation.result(record.word("uuid"), event.flag("success"), files, kind, started, subagent=subagent)


def _tokens(usage: Record) -> Tokens:
    tokens = usage.tokens(
        input="promptTokenCount",
        output="candidatesTokenCount",
        cache_read="cachedContentTokenCount",
        reasoning="thoughtsTokenCount",
    )
    return _uncached(tokens)


def _uncached(tokens: Tokens) -> Tokens:
    return Tokens(max(0, tokens.input - tokens.cache_read), *tokens.parts()[1:])


ADAPTER: Final = Adapter(
    agent="qwen-code",
    sources=(
        Source(
            Root(".qwen/projects", (("QWEN_RUNTIME_DIR", "projects"), ("QWEN_HOME", "projects"))),
            ("*", "chats", "*.jsonl"),
            "lines",
            _read,
            (b'"functionCall"', b'"usageMetadata"', b'"tool_result"', b'"ui_telemetry"'),
        ),
    ),
    keys=frozenset(
        {
            *("timestamp", "sessionId", "cwd", "version", "type", "model", "usageMetadata", "uuid", "message", "parts"),
            *("functionCall", "name", "id", "args", "toolCallResult", "callId", "status", "subtype", "systemPayload"),
            *("uiEvent", "file_path", "notebook_path", "content", "old_string", "new_string", "resultDisplay"),
            *("newContent", "originalContent", "fileDiff", "diffStat", "user_added_lines", "prompt_id", "event.name"),
            *("input_token_count", "output_token_count", "cached_content_token_count", "thoughts_token_count"),
            *("response_id", "function_name", "function_args", "duration_ms", "success", "promptTokenCount"),
            *("candidatesTokenCount", "cachedContentTokenCount", "thoughtsTokenCount"),
        }
    ),
    tools=_TOOLS,
)
