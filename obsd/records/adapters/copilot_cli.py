"""Copilot CLI: `session-state/<session>/events.jsonl`, one event a line; subagents are in the same file."""

from __future__ import annotations

from typing import Final

from obsd.facts.records import FileWritten, Kind
from obsd.records.adapter import Adapter, Root, Source
from obsd.records.conversation import Conversation
from obsd.records.record import Record
from obsd.records.written import edited, patched, replaced, wrote

_TOOLS: Final[dict[str, Kind | None]] = {
    **dict.fromkeys(("bash", "powershell", "local_shell", "write_bash"), "shell"),
    **dict.fromkeys(("edit", "str_replace", "insert", "apply_patch", "str_replace_editor"), "edit"),
    "create": "write",
    **dict.fromkeys(("view", "grep", "glob", "rg", "task", "web_fetch", "web_search", "read_bash", "stop_bash")),
    **dict.fromkeys(("report_intent", "update_todo", "ask_user", "list_bash", "read_agent", "list_agents", "skill")),
}
_KINDS: Final[dict[str, Kind]] = {"create": "write", "edit": "edit", "delete": "delete"}


def _read(record: Record, conversation: Conversation) -> bool:
    kind, data = record.word("type"), record.sub("data")
    conversation.update(record.moment("timestamp"))
    if kind in ("session.start", "session.resume"):
        conversation.update(
            session=data.word("sessionId"), cwd=data.path("context", "cwd"), version=data.word("copilotVersion")
        )
    elif kind == "session.usage_record":
        usage = data.sub("usage")
        conversation.update(model=usage.word("model"))
        tokens = usage.tokens(
            input="inputTokens", output="outputTokens", cache_read="cacheReadTokens", cache_creation="cacheWriteTokens"
        )
        conversation.add_usage(usage.word("apiCallId"), tokens)
    elif kind == "tool.execution_start":
        name = data.word("toolName")
        files = _called(name, data.sub("arguments"), conversation.cwd)
        conversation.call(data.word("toolCallId"), ADAPTER.kind(name), files, record.word("agentId"))
    elif kind == "tool.execution_complete":
        return _ended(record, data, conversation)
    return bool(kind)


def _called(name: str, arguments: Record, cwd: str) -> tuple[FileWritten, ...]:
    path = arguments.path("path", cwd=cwd)
    if name == "create":
        return wrote(path, arguments, "file_text", new=True)
    if name == "apply_patch":
        return patched(arguments, "input", cwd=cwd) or patched(arguments, "patch", cwd=cwd)
    return replaced(path, [arguments], "old_str", "new_str") if ADAPTER.kind(name) == "edit" else ()


def _ended(record: Record, data: Record, conversation: Conversation) -> bool:
    edits = list(data.all("fileEdits"))
    files: list[FileWritten] = []
    diffs = data.git_diffs("result", "detailedContent")
    # Without a diff for each file nobody knows which diff is whose.
    lines = diffs if len(diffs) == len(edits) else [None] * len(edits)
    for edit, change in zip(edits, lines, strict=True):
        kind = _KINDS.get(edit.word("kind"), "edit")
        files += edited(edit.path("path", cwd=conversation.cwd), None if kind == "delete" else change, kind=kind)
    kind_of_tool: Kind | None = files[0].kind if files else "shell" if data.has("shellExecution") else None
    return conversation.result(
        data.word("toolCallId"), data.flag("success"), files, kind_of_tool, subagent=record.word("agentId")
    )


ADAPTER: Final = Adapter(
    agent="copilot-cli",
    sources=(
        Source(
            Root(".copilot/session-state", (("COPILOT_HOME", "session-state"),)),
            ("*", "events.jsonl"),
            "lines",
            _read,
            (b'"tool.execution_', b'"session.usage_record"', b'"session.start"', b'"session.resume"'),
            header=True,
        ),
    ),
    keys=frozenset(
        {
            *(
                "type",
                "data",
                "timestamp",
                "sessionId",
                "context",
                "cwd",
                "copilotVersion",
                "usage",
                "model",
                "success",
            ),
            *("inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens", "apiCallId", "toolName", "agentId"),
            *("arguments", "toolCallId", "path", "file_text", "input", "patch", "old_str", "new_str", "fileEdits"),
            *("result", "detailedContent", "kind", "shellExecution"),
        }
    ),
    tools=_TOOLS,
)
