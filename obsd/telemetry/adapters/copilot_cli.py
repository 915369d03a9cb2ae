"""Copilot CLI: spans that name the conversation. Its metrics have the same totals without it, and are left aside.

What it calls cost is counted in premium requests, so it is no cost in USD.
"""

from __future__ import annotations

from typing import Final

from obsd.telemetry.vocabulary import Adapter, Attributes, Call, Reading, request, text, tokens, truth
from obsd.telemetry.vocabulary import word as translate

TOOLS: Final = {
    "bash": "shell",
    "write_bash": "shell",
    "read_bash": "shell",
    "stop_bash": "shell",
    "powershell": "shell",
    "edit": "edit",
    "create": "edit",
    "str_replace_editor": "edit",
    "apply_patch": "edit",
    "view": "read",
    "grep": "search",
    "glob": "search",
    "web_fetch": "web",
    "web_search": "web",
    "task": "task",
}
TOKENS: Final = {
    "gen_ai.usage.input_tokens": "input",
    "gen_ai.usage.output_tokens": "output",
    "gen_ai.usage.cache_read.input_tokens": "cache_read",
    "gen_ai.usage.cache_creation.input_tokens": "cache_creation",
    "gen_ai.usage.reasoning.output_tokens": "reasoning",
}
ERROR: Final = "obsd.error"
"""The attribute that stands for a span's status."""


def _span(name: str, attributes: Attributes, seconds: float) -> tuple[Reading, ...] | None:
    operation = text(attributes, "gen_ai.operation.name")
    failed = truth(attributes, ERROR, default=False)
    if operation == "chat":
        return (*request(not failed, seconds), *tokens(attributes, TOKENS))
    if operation == "execute_tool":
        return (Reading("tool_calls", 1.0, (tool(attributes), "error" if failed else "ok")),)
    # One a turn and one a subagent, with the sums of the spans below it; a session is counted once.
    return (Reading("sessions", 1.0),) if operation == "invoke_agent" else None


def tool(attributes: Attributes) -> str:
    """Our word for the tool of a span."""
    if text(attributes, "gen_ai.tool.type") in ("mcp", "extension"):
        return "mcp"
    return translate(TOOLS, text(attributes, "gen_ai.tool.name"))


def call(name: str, attributes: Attributes, started_at: float, ended_at: float) -> Call | None:
    """The tool's run that a span is; None for other spans."""
    if text(attributes, "gen_ai.operation.name") != "execute_tool":
        return None
    return Call(tool(attributes), started_at, ended_at, not truth(attributes, ERROR, default=False))


WANTED: Final = frozenset(
    {
        *("gen_ai.conversation.id", "gen_ai.operation.name", "gen_ai.tool.name", "gen_ai.tool.type", ERROR),
        *TOKENS,
    }
)

ADAPTER: Final = Adapter(
    agent="copilot-cli",
    services=("github-copilot", "github-copilot-cli", "copilot-cli"),
    prefixes=("github.copilot.",),
    scopes=("github.copilot",),
    wanted=WANTED,
    sessions=("gen_ai.conversation.id",),
    spans=_span,
    calls=call,
    metrics_aside=("gen_ai.*", "github.copilot.*"),
    spans_aside=("hook *", "permission*"),
)
