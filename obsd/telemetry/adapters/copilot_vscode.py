"""Copilot in VS Code: metrics for a window of the editor, and spans of requests and tools.

As documented; no sample of it was seen. https://code.visualstudio.com/docs/copilot/guides/monitoring-agents
"""

from __future__ import annotations

from typing import Final

from obsd.telemetry.adapters.copilot_cli import ERROR, WANTED, call
from obsd.telemetry.adapters.copilot_cli import TOOLS as CLI_TOOLS
from obsd.telemetry.vocabulary import (
    Adapter,
    Attributes,
    Reading,
    by_word,
    measured,
    request,
    text,
    truth,
    word,
)

_TOOLS: Final = {
    **CLI_TOOLS,
    "run_in_terminal": "shell",
    "runCommand": "shell",
    "runCommands": "shell",
    "insert_edit_into_file": "edit",
    "replace_string_in_file": "edit",
    "multi_replace_string_in_file": "edit",
    "create_file": "edit",
    "read_file": "read",
    "readFile": "read",
    "list_dir": "read",
    "grep_search": "search",
    "file_search": "search",
    "semantic_search": "search",
    "searchFiles": "search",
    "fetch_webpage": "web",
    "runSubagent": "task",
}
_TOKENS: Final = {"input": "input", "output": "output"}
_OUTCOMES: Final = {
    "accepted": "accepted",
    "accept": "accepted",
    "saved": "accepted",
    "rejected": "rejected",
    "reject": "rejected",
    "undone": "rejected",
}


def _called(attributes: Attributes, value: float) -> tuple[Reading, ...]:
    name = text(attributes, "gen_ai.tool.name")
    tool = "mcp" if name.startswith("mcp_") else word(_TOOLS, name)
    return (Reading("tool_calls", value, (tool, "ok" if truth(attributes, "success") else "error")),)


def _span(name: str, attributes: Attributes, seconds: float) -> tuple[Reading, ...] | None:
    # Its metrics have the tokens and the tools.
    operation = text(attributes, "gen_ai.operation.name")
    if operation == "chat":
        return request(not truth(attributes, ERROR, default=False), seconds)
    return () if operation in ("execute_tool", "invoke_agent") else None


ADAPTER: Final = Adapter(
    agent="copilot-vscode",
    services=("copilot-chat",),
    prefixes=("copilot_chat.",),
    scopes=("copilot-chat",),
    wanted=WANTED
    | {
        *("session.id", "service.instance.id", "type", "success"),
        *("copilot_chat.edit.outcome", "gen_ai.token.type"),
    },
    # The window before the conversation: the metrics know of no other.
    sessions=("session.id", "service.instance.id", "gen_ai.conversation.id"),
    metrics={
        "copilot_chat.session.count": measured("sessions"),
        "copilot_chat.lines_of_code.count": by_word("lines", "type", {"added": "added", "removed": "removed"}, ""),
        "copilot_chat.edit.acceptance.count": by_word("edits", "copilot_chat.edit.outcome", _OUTCOMES, ""),
        "copilot_chat.tool.call.count": _called,
    },
    histograms={"gen_ai.client.token.usage": by_word("tokens", "gen_ai.token.type", _TOKENS)},
    spans=_span,
    calls=call,
    declares=frozenset({"lines"}),
    metrics_aside=("gen_ai.*", "copilot_chat.agent.*", "copilot_chat.time_to_first_token", "copilot_chat.tool.call*"),
    events_aside=("gen_ai.*", "copilot_chat.agent.*", "copilot_chat.tool.call", "copilot_chat.session.start"),
)
