"""Gemini CLI: cumulative sums, the session and the process in the resource; how long a request took is in an event.

Cached tokens are part of its input tokens.
https://github.com/google-gemini/gemini-cli/blob/main/docs/cli/telemetry.md
"""

from __future__ import annotations

from typing import Final

from obsd.telemetry.vocabulary import (
    Adapter,
    Attributes,
    Call,
    Reading,
    by_word,
    measured,
    number,
    text,
    truth,
)
from obsd.telemetry.vocabulary import word as translate

_TOOLS: Final = {
    "run_shell_command": "shell",
    "write_file": "edit",
    "replace": "edit",
    "edit": "edit",
    "read_file": "read",
    "read_many_files": "read",
    "list_directory": "read",
    "glob": "search",
    "search_file_content": "search",
    "grep_search": "search",
    "google_web_search": "web",
    "web_fetch": "web",
    "codebase_investigator": "task",
}
_TOKENS: Final = {"input": "input", "output": "output", "cache": "cache_read", "thought": "reasoning"}
_DECISIONS: Final = {"accept": "accepted", "modify": "accepted", "auto_accept": "automatic", "reject": "rejected"}
_FILES: Final = {"create": "created", "update": "modified", "read": "read"}


def _tool(attributes: Attributes) -> str:
    if text(attributes, "tool_type") == "mcp":
        return "mcp"
    return translate(_TOOLS, text(attributes, "function_name"))


def _called(attributes: Attributes, value: float) -> tuple[Reading, ...]:
    tool = _tool(attributes)
    readings = [Reading("tool_calls", value, (tool, "ok" if truth(attributes, "success") else "error"))]
    decision = translate(_DECISIONS, text(attributes, "decision"), "")
    if decision:
        readings.append(Reading("tool_decisions", value, (tool, decision)))
        if tool == "edit":
            outcome = "rejected" if decision == "rejected" else "accepted"
            readings.append(Reading("edits", value, (outcome,)))
    return tuple(readings)


def _requested(attributes: Attributes, value: float) -> tuple[Reading, ...]:
    status = number(attributes, "status_code")
    return (Reading("requests", value, ("ok" if 200 <= status < 400 else "error",)),)


def _answered(attributes: Attributes, seconds: float) -> tuple[Reading, ...]:
    return (Reading("latency_seconds", number(attributes, "duration_ms") / 1000),)


def _said_elsewhere(attributes: Attributes, seconds: float) -> tuple[Reading, ...]:
    return ()


def _call(name: str, attributes: Attributes, started_at: float, ended_at: float) -> Call | None:
    if name != "gemini_cli.tool_call":
        return None
    begun = ended_at - number(attributes, "duration_ms") / 1000
    return Call(_tool(attributes), begun, ended_at, truth(attributes, "success"))


ADAPTER: Final = Adapter(
    agent="gemini-cli",
    services=("gemini-cli",),
    prefixes=("gemini_cli.",),
    scopes=("gemini-cli",),
    wanted=frozenset(
        {
            *("session.id", "type", "operation", "status_code", "duration_ms"),
            *("function_name", "tool_type", "decision", "success"),
        }
    ),
    sessions=("session.id",),
    metrics={
        "gemini_cli.session.count": measured("sessions"),
        "gemini_cli.token.usage": by_word("tokens", "type", _TOKENS),
        "gemini_cli.api.request.count": _requested,
        "gemini_cli.tool.call.count": _called,
        "gemini_cli.lines.changed": by_word("lines", "type", {"added": "added", "removed": "removed"}, ""),
        "gemini_cli.file.operation.count": by_word("file_operations", "operation", _FILES),
    },
    events={
        "gemini_cli.api_response": _answered,
        "gemini_cli.api_error": _answered,
        "gemini_cli.tool_call": _said_elsewhere,
    },
    calls=_call,
    declares=frozenset({"lines"}),
    metrics_aside=(
        *("gen_ai.*", "gemini_cli.api.request.latency", "gemini_cli.tool.call.latency", "gemini_cli.model_routing.*"),
        *("gemini_cli.startup.*", "gemini_cli.plan.*", "gemini_cli.performance.*", "gemini_cli.memory.*"),
        *("gemini_cli.cpu.*", "gemini_cli.ui.*"),
    ),
    events_aside=(
        *("gen_ai.client.inference.operation.details", "gemini_cli.config", "gemini_cli.ripgrep_fallback"),
        *("gemini_cli.startup_stats", "gemini_cli.user_prompt", "gemini_cli.model_routing", "gemini_cli.api_request"),
        *("gemini_cli.plan.approval_mode_switch", "gemini_cli.plan.approval_mode_duration"),
    ),
    spans_aside=("llm_call", "tool_call", "schedule_tool_calls", "agent_call"),
)
