"""Codex: `sessions/Y/M/D/rollout-<time>-<thread>.jsonl`, kept open and flushed a record at a time.

A call is a `response_item`; what came of it is an `item_completed` (0.147 and later), `patch_apply_end`, or the call's
output. A rollout of a subagent is a file of its own that names its parent. Idle ones are packed.
"""

from __future__ import annotations

from typing import Final

from obsd.facts.records import FileWritten, Kind, Tokens
from obsd.records.adapter import Adapter, Root, Source
from obsd.records.conversation import Conversation
from obsd.records.record import Record
from obsd.records.written import edited, patched, wrote

_TOOLS: Final[dict[str, Kind | None]] = {
    "apply_patch": "edit",
    **dict.fromkeys(("shell", "exec_command", "local_shell", "container.exec", "shell_command"), "shell"),
    **dict.fromkeys(("write_stdin", "update_plan", "view_image", "web_search", "spawn_agent", "send_input", "wait")),
    **dict.fromkeys(("close_agent", "resume_agent", "request_user_input", "list_mcp_resources", "read_mcp_resource")),
}
_CALLS: Final = ("function_call", "custom_tool_call", "local_shell_call")
_OUTPUTS: Final = ("function_call_output", "custom_tool_call_output")
_RUNS_ON: Final = "Process running with session ID"


def _read(record: Record, conversation: Conversation) -> bool:
    conversation.update(record.moment("timestamp"))
    kind, payload = record.word("type"), record.sub("payload")
    if kind == "session_meta" and not conversation.session:
        # A fork copies the records of the session that it comes from, the first one as well.
        conversation.update(
            session=payload.word("id"),
            parent=payload.word("parent_thread_id"),
            cwd=payload.path("cwd"),
            version=payload.word("cli_version"),
        )
    elif kind == "turn_context":
        conversation.update(cwd=payload.path("cwd"), model=payload.word("model"))
    elif kind == "token_usage_record":
        conversation.add_usage(payload.word("response_id"), _tokens(payload.sub("usage")))
        conversation.total = _tokens(payload.sub("thread_token_usage"))
    elif kind == "response_item":
        return _item(payload, conversation)
    elif kind == "event_msg":
        return _event(payload, conversation)
    return bool(kind)


def _item(payload: Record, conversation: Conversation) -> bool:
    kind, call_id = payload.word("type"), payload.word("call_id")
    if kind in _CALLS:
        name = payload.word("name") or "local_shell"
        files = patched(payload, "input", cwd=conversation.cwd) if name == "apply_patch" else ()
        conversation.call(call_id, ADAPTER.kind(name), files)
    elif kind in _OUTPUTS and conversation.is_pending(call_id) and not payload.contains(_RUNS_ON, "output"):
        conversation.result(call_id, _worked(payload))
    return bool(kind)


def _worked(payload: Record) -> bool:
    metadata = payload.nested("output").sub("metadata")
    if metadata.has("exit_code"):
        return metadata.number("exit_code") == 0
    return payload.contains("Exit code: 0\n", "output") or payload.contains("exited with code 0", "output")


def _event(payload: Record, conversation: Conversation) -> bool:
    kind, item = payload.word("type"), payload.sub("item")
    if kind == "patch_apply_end":
        files = _changes(payload, conversation.cwd)
        return conversation.result(payload.word("call_id"), payload.flag("success"), files, "edit")
    if kind == "token_count":
        total = payload.sub("info", "total_token_usage")
        if total and conversation.total != _tokens(total):
            conversation.set_total_usage(_tokens(total))
    if kind != "item_completed":
        return bool(kind)
    ok = item.word("status") == "completed"
    if item.word("type") == "FileChange":
        files = _changes(item, conversation.cwd)
        kinds = {file.kind for file in files}
        return _ended(payload, conversation, ok, files, kinds.pop() if len(kinds) == 1 else "edit")
    if item.word("type") in ("CommandExecution", "McpToolCall"):
        return _ended(payload, conversation, ok, (), "shell" if item.word("type") == "CommandExecution" else "other")
    return True


def _ended(payload: Record, conversation: Conversation, ok: bool, files: tuple[FileWritten, ...], kind: Kind) -> bool:
    # What is called the start of a command is its end: only the call's own record has the start.
    started, ended = payload.moment("started_at_ms"), payload.moment("completed_at_ms")
    return conversation.result(payload.sub("item").word("id"), ok, files, kind, started, ended)


def _changes(item: Record, cwd: str) -> tuple[FileWritten, ...]:
    files: list[FileWritten] = []
    for path, change in item.files("changes", cwd=cwd):
        verb = change.word("type") or next((verb for verb in ("add", "update", "delete") if change.has(verb)), "")
        change = change if change.has("type") else change.sub(verb) if verb else change
        moved = change.path("move_path", cwd=cwd)
        if verb == "add":
            files += wrote(path, change, "content", new=True)
        elif verb == "delete":
            files += edited(path, None, kind="delete")
        elif moved and moved != path:
            files += edited(moved, change.unified("unified_diff"), kind="move", previous_path=path)
        elif verb == "update":
            files += edited(path, change.unified("unified_diff"))
    return tuple(files)


def _tokens(usage: Record) -> Tokens:
    tokens = usage.tokens(
        input="input_tokens",
        output="output_tokens",
        cache_read="cached_input_tokens",
        cache_creation="cache_write_input_tokens",
        reasoning="reasoning_output_tokens",
    )
    return Tokens(max(0, tokens.input - tokens.cache_read), *tokens.parts()[1:])


_NEEDLES: Final = (
    *(b'"session_meta"', b'"turn_context"', b'"token_usage_record"', b'"token_count"', b"_call"),
    *(b'"FileChange"', b'"CommandExecution"', b'"McpToolCall"', b'"patch_apply_end"'),
)

ADAPTER: Final = Adapter(
    agent="codex",
    sources=(
        Source(
            Root(".codex/sessions", (("CODEX_HOME", "sessions"),)),
            *(("*", "*", "*", "rollout-*.jsonl*"), "lines", _read, _NEEDLES, (), True),
        ),
        Source(
            Root(".codex/archived_sessions", (("CODEX_HOME", "archived_sessions"),)),
            *(("rollout-*.jsonl*",), "lines", _read, _NEEDLES, (), True),
        ),
    ),
    keys=frozenset(
        {
            *("timestamp", "type", "payload", "id", "parent_thread_id", "cwd", "cli_version", "model", "response_id"),
            *("usage", "thread_token_usage", "call_id", "name", "input", "output", "metadata", "exit_code", "item"),
            *("success", "info", "total_token_usage", "status", "started_at_ms", "completed_at_ms", "changes", "add"),
            *("update", "delete", "move_path", "content", "unified_diff", "input_tokens", "output_tokens"),
            *("cached_input_tokens", "cache_write_input_tokens", "reasoning_output_tokens"),
        }
    ),
    tools=_TOOLS,
)
