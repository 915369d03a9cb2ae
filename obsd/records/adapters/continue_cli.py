"""Continue: `sessions/<id>.json`, one document that is rewritten at the end of a turn, without any times in it."""

from __future__ import annotations

from typing import Final

from obsd.facts.records import FileWritten, Kind
from obsd.records.adapter import Adapter, Root, Source
from obsd.records.conversation import Conversation
from obsd.records.record import Record
from obsd.records.written import replaced, wrote

_TOOLS: Final[dict[str, Kind | None]] = {
    **dict.fromkeys(("Edit", "MultiEdit", "edit_existing_file", "single_find_and_replace"), "edit"),
    **dict.fromkeys(("Write", "create_new_file"), "write"),
    **dict.fromkeys(("Bash", "run_terminal_command"), "shell"),
    **dict.fromkeys(
        ("Read", "List", "Search", "Fetch", "Checklist", "Diff", "Status", "Exit", "AskQuestion", "Skills")
    ),
    **dict.fromkeys(("CheckBackgroundJob", "ReportFailure", "UploadArtifact", "Subagent")),
}
_ENDED: Final = ("done", "errored", "canceled")


def _read(record: Record, conversation: Conversation) -> bool:
    conversation.update(session=record.word("sessionId"), cwd=record.path("workspaceDirectory"))
    understood = record.has("history")
    for item in record.all("history"):
        conversation.update(model=item.word("message", "usage", "model"))
        for state in item.all("toolCallStates"):
            understood &= _tool(state, conversation)
    usage = record.sub("usage")
    conversation.set_total_usage(
        usage.tokens(
            input="promptTokens",
            output="completionTokens",
            cache_read="promptTokensDetails.cachedTokens",
            cache_creation="promptTokensDetails.cacheWriteTokens",
        )
    )
    return understood


def _tool(state: Record, conversation: Conversation) -> bool:
    name = state.word("toolCall", "function", "name")
    kind = ADAPTER.kind(name)
    if kind is None or state.word("status") not in _ENDED:
        return True
    files = _called(kind, state.sub("parsedArgs"), conversation.cwd)
    tool_id = state.word("toolCallId")
    return conversation.result(tool_id, state.word("status") == "done", files, kind, started=conversation.since)


def _called(kind: Kind, arguments: Record, cwd: str) -> tuple[FileWritten, ...]:
    path = arguments.path("filepath", cwd=cwd) or arguments.path("file_path", cwd=cwd)
    if kind == "write":
        return wrote(path, arguments, "content") or wrote(path, arguments, "contents")
    return (
        replaced(path, list(arguments.all("edits")) or [arguments], "old_string", "new_string")
        if kind == "edit"
        else ()
    )


ADAPTER: Final = Adapter(
    agent="continue",
    sources=(
        Source(
            Root(".continue/sessions", (("CONTINUE_GLOBAL_DIR", "sessions"),)),
            ("*.json",),
            "document",
            _read,
            never=("sessions.json",),
            timed=False,
        ),
    ),
    keys=frozenset(
        {
            *("sessionId", "workspaceDirectory", "history", "message", "usage", "model", "toolCallStates", "toolCall"),
            *("function", "name", "status", "parsedArgs", "toolCallId", "promptTokens", "completionTokens", "edits"),
            *(
                "promptTokensDetails",
                "cachedTokens",
                "cacheWriteTokens",
                "filepath",
                "file_path",
                "content",
                "contents",
            ),
            *("old_string", "new_string"),
        }
    ),
    tools=_TOOLS,
)
