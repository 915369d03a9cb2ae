"""Claude Code: `projects/<folder>/<session>.jsonl`, a line a message, results with the file before and the hunks.

Records of subagents lie in files of their own, without the result's object: there the call alone names the file.
"""

from __future__ import annotations

from typing import Final

from obsd.facts.records import FileWritten, Kind
from obsd.records.adapter import Adapter, Root, Source
from obsd.records.conversation import Conversation
from obsd.records.record import Record
from obsd.records.written import edited, replaced, wrote

_TOOLS: Final[dict[str, Kind | None]] = {
    "Bash": "shell",
    "Edit": "edit",
    "MultiEdit": "edit",
    "NotebookEdit": "edit",
    "Write": "write",
    **dict.fromkeys(("Read", "Grep", "Glob", "LS", "NotebookRead", "WebFetch", "WebSearch", "TodoWrite", "BashOutput")),
    **dict.fromkeys(("Task", "Agent", "TaskOutput", "KillShell", "Skill", "ExitPlanMode", "AskUserQuestion")),
    **dict.fromkeys(("EnterPlanMode", "ToolSearch", "TaskCreate", "TaskUpdate", "TaskList", "TaskGet", "TaskStop")),
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
        _spent(record.sub("message"), conversation)
        for part in record.all("message", "content"):
            if part.word("type") == "tool_use":
                name = part.word("name")
                files = _called(name, part.sub("input"), conversation.cwd)
                conversation.call(part.word("id"), ADAPTER.kind(name), files, record.word("agentId"))
        return True
    if kind == "user":
        parts = [part for part in record.all("message", "content") if part.word("type") == "tool_result"]
        understood = [_ended(part, record, conversation) for part in parts]
        return all(understood)
    return bool(kind)


def _spent(message: Record, conversation: Conversation) -> None:
    conversation.update(model=message.word("model"))
    tokens = message.sub("usage").tokens(
        input="input_tokens",
        output="output_tokens",
        cache_read="cache_read_input_tokens",
        cache_creation="cache_creation_input_tokens",
    )
    conversation.add_usage(message.word("id"), tokens)


def _called(name: str, arguments: Record, cwd: str) -> tuple[FileWritten, ...]:
    path = arguments.path("file_path", cwd=cwd) or arguments.path("notebook_path", cwd=cwd)
    if name == "Write":
        return wrote(path, arguments, "content")
    if name == "MultiEdit":
        return replaced(path, arguments.all("edits"), "old_string", "new_string")
    if name == "Edit":
        return replaced(path, [arguments], "old_string", "new_string")
    return edited(path, None) if name == "NotebookEdit" else ()


def _ended(part: Record, record: Record, conversation: Conversation) -> bool:
    tool_id, ok = part.word("tool_use_id"), not part.flag("is_error")
    result, subagent = record.sub("toolUseResult"), record.word("agentId")
    if result.has("stdout"):
        return conversation.result(tool_id, ok, kind="shell", subagent=subagent)
    files = _left(result, conversation.cwd)
    kind: Kind | None = None if not files else "write" if result.word("type") in ("create", "update") else "edit"
    return conversation.result(tool_id, ok, files, kind, subagent=subagent)


def _left(result: Record, cwd: str) -> tuple[FileWritten, ...]:
    """The file, from the result's object. Where a person changed the proposal, the call's lines count."""
    path = result.path("filePath", cwd=cwd) or result.path("notebook_path", cwd=cwd)
    if not path or result.flag("userModified"):
        return edited(path, None)
    if result.has("updated_file"):
        return edited(path, result.differs("original_file", "updated_file"), result.content("updated_file"))
    if result.has("content"):
        new = not result.has("originalFile") and result.word("type") == "create"
        lines = result.whole("content") if new else result.hunks("structuredPatch", "lines")
        return edited(path, lines, result.content("content"), "write")
    pairs = list(result.all("edits"))
    names = ("old_string", "new_string") if pairs else ("oldString", "newString")
    content = result.edited("originalFile", pairs or [result], *names, "replace_all" if pairs else "replaceAll")
    return edited(path, result.hunks("structuredPatch", "lines"), content)


_NEEDLES: Final = (b'"tool_use"', b'"tool_result"', b'"usage"')
_HARMLESS: Final = (b'"toolUseResult":{"type":"text","file":',)
_CONFIG: Final = (("CLAUDE_CONFIG_DIR", "projects"),)
_PLACES: Final = (Root(".claude/projects", _CONFIG), Root(".config/claude/projects", _CONFIG))
_NAMES: Final = (("*", "*.jsonl"), ("*", "*", "subagents", "*.jsonl"))

ADAPTER: Final = Adapter(
    agent="claude-code",
    sources=tuple(Source(root, names, "lines", _read, _NEEDLES, _HARMLESS) for root in _PLACES for names in _NAMES),
    keys=frozenset(
        {
            *(
                "timestamp",
                "sessionId",
                "cwd",
                "version",
                "agentId",
                "type",
                "message",
                "content",
                "id",
                "name",
                "input",
            ),
            *("model", "usage", "input_tokens", "output_tokens", "cache_read_input_tokens", "tool_use_id", "is_error"),
            *("cache_creation_input_tokens", "file_path", "notebook_path", "edits", "old_string", "new_string"),
            *("toolUseResult", "stdout", "filePath", "userModified", "original_file", "updated_file", "originalFile"),
            *("structuredPatch", "lines", "oldString", "newString", "replace_all", "replaceAll"),
        }
    ),
    tools=_TOOLS,
)
