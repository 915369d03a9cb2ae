"""Gemini CLI: `tmp/<name>/chats/session-*.jsonl`; a message is written again, with its id, when its tools have ended.

The folder of a session is in `.project_root` next to `chats`; a subagent's file is in a folder named after its parent.
"""

from __future__ import annotations

import os
from typing import Final

from obsd.facts.records import FileWritten, Kind
from obsd.records.adapter import Adapter, Root, Source
from obsd.records.conversation import Conversation
from obsd.records.record import Record
from obsd.records.written import edited, replaced

_TOOLS: Final[dict[str, Kind | None]] = {
    "replace": "edit",
    "write_file": "write",
    "run_shell_command": "shell",
    **dict.fromkeys(("read_file", "glob", "grep_search", "search_file_content", "list_directory", "read_many_files")),
    **dict.fromkeys(("google_web_search", "web_fetch", "write_todos", "save_memory", "invoke_agent", "ask_user")),
    **dict.fromkeys(("activate_skill", "get_internal_docs", "enter_plan_mode", "exit_plan_mode", "complete_task")),
    **dict.fromkeys(("update_topic", "read_mcp_resource", "list_mcp_resources")),
}


def _read(record: Record, conversation: Conversation) -> bool:
    if record.has("sessionId"):
        conversation.update(record.moment("startTime"), session=record.word("sessionId"))
        return True
    if record.has("$set"):
        understood = [_message(message, conversation) for message in record.all("$set", "messages")]
        return all(understood)
    if record.has("$rewindTo"):
        return True
    if record.has("tokens"):
        conversation.update(record.moment("timestamp"), model=record.word("model"))
        tokens = record.sub("tokens").tokens(input="input", output="output", cache_read="cached", reasoning="thoughts")
        conversation.add_usage(record.word("id"), tokens)
    return bool(record.word("type")) and _message(record, conversation)


def _message(message: Record, conversation: Conversation) -> bool:
    asked = message.moment("timestamp")
    conversation.update(asked)
    understood = [_tool(tool, conversation, asked) for tool in message.all("toolCalls")]
    return all(understood)


def _tool(tool: Record, conversation: Conversation, asked: float | None) -> bool:
    kind = ADAPTER.kind(tool.word("name"))
    if kind is None or tool.word("status") not in ("success", "error", "cancelled"):
        return True
    conversation.update(tool.moment("timestamp"))
    ok = tool.word("status") == "success"
    return conversation.result(tool.word("id"), ok, _left(kind, tool, conversation.cwd), kind, started=asked)


def _left(kind: Kind, tool: Record, cwd: str) -> tuple[FileWritten, ...]:
    arguments, shown = tool.sub("args"), tool.sub("resultDisplay")
    path = shown.path("filePath", cwd=cwd) or arguments.path("file_path", cwd=cwd)
    if kind not in ("edit", "write"):
        return ()
    if shown.number("diffStat", "user_added_lines"):
        # A person changed what was proposed: what the model proposed is all that is surely its own.
        return edited(path, arguments.whole("ai_proposed_content"), kind=kind)
    if shown.has("newContent"):
        lines = shown.unified("fileDiff") or shown.differs("originalContent", "newContent")
        return edited(path, lines, shown.content("newContent"), kind)
    if kind == "write":
        return edited(path, arguments.whole("content"), arguments.content("content"), kind)
    return replaced(path, [arguments], "old_string", "new_string")


def _project_root(path: str) -> str:
    folder = os.path.dirname(path)
    folder = folder if os.path.basename(folder) == "chats" else os.path.dirname(folder)
    return os.path.join(os.path.dirname(folder), ".project_root")


def _folder(record: Record, conversation: Conversation) -> bool:
    conversation.update(cwd=record.path("text"))
    return True


def _parent(path: str) -> str:
    name = os.path.basename(os.path.dirname(path))
    return "" if name == "chats" else name


_ROOT: Final = Root(".gemini/tmp", (("GEMINI_CLI_HOME", ".gemini/tmp"),))
_NEEDLES: Final = (b'"toolCalls"', b'"tokens"', b'"projectHash"', b'"$rewindTo"')

ADAPTER: Final = Adapter(
    agent="gemini-cli",
    sources=tuple(
        Source(
            _ROOT,
            names,
            "lines",
            _read,
            _NEEDLES,
            header=True,
            companion=_project_root,
            read_companion=_folder,
            parent=_parent,
        )
        for names in (("*", "chats", "session-*.jsonl"), ("*", "chats", "*", "*.jsonl"))
    ),
    keys=frozenset(
        {
            *(
                "sessionId",
                "startTime",
                "$set",
                "messages",
                "$rewindTo",
                "tokens",
                "model",
                "input",
                "output",
                "cached",
            ),
            *(
                "thoughts",
                "id",
                "type",
                "timestamp",
                "toolCalls",
                "name",
                "status",
                "args",
                "resultDisplay",
                "filePath",
            ),
            *("file_path", "diffStat", "user_added_lines", "ai_proposed_content", "newContent", "fileDiff", "content"),
            *("originalContent", "old_string", "new_string", "text"),
        }
    ),
    tools=_TOOLS,
)
