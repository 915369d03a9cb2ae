"""Claude Code: delta sums with `session.id` on every point, and events of requests and tools.

Amounts that both a metric and an event have (tokens, cost) are taken from the metric.
https://docs.claude.com/en/docs/claude-code/monitoring-usage
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
    request,
    text,
    truth,
)
from obsd.telemetry.vocabulary import word as translate

_TOOLS: Final = {
    "Bash": "shell",
    "BashOutput": "shell",
    "KillShell": "shell",
    "Edit": "edit",
    "MultiEdit": "edit",
    "Write": "edit",
    "NotebookEdit": "edit",
    "Read": "read",
    "NotebookRead": "read",
    "LS": "read",
    "Grep": "search",
    "Glob": "search",
    "WebFetch": "web",
    "WebSearch": "web",
    "Task": "task",
    "Agent": "task",
    "mcp_tool": "mcp",
}
_TOKENS: Final = {
    "input": "input",
    "output": "output",
    "cacheRead": "cache_read",
    "cacheCreation": "cache_creation",
}
_AUTOMATIC: Final = ("config", "hook", "user_permanent")
"""Where a decision came from that nobody was asked for."""


def _tool(attributes: Attributes) -> str:
    name = text(attributes, "tool_name")
    return "mcp" if name.startswith("mcp__") else translate(_TOOLS, name)


def _decided(attributes: Attributes, seconds: float) -> tuple[Reading, ...]:
    if text(attributes, "decision") != "accept":
        decision = "rejected"
    else:
        decision = "automatic" if text(attributes, "source") in _AUTOMATIC else "accepted"
    return (Reading("tool_decisions", 1.0, (_tool(attributes), decision)),)


def _ran(attributes: Attributes, seconds: float) -> tuple[Reading, ...]:
    return (Reading("tool_calls", 1.0, (_tool(attributes), "ok" if truth(attributes, "success") else "error")),)


def _began(attributes: Attributes, value: float) -> tuple[Reading, ...]:
    # One that is resumed says so under a name of its own, and goes on under its old name.
    resumed = text(attributes, "start_type") in ("resume", "continue")
    return () if resumed else (Reading("sessions", value),)


def _requested(attributes: Attributes, seconds: float) -> tuple[Reading, ...]:
    return request(True, number(attributes, "duration_ms") / 1000)


def _failed(attributes: Attributes, seconds: float) -> tuple[Reading, ...]:
    return request(False, number(attributes, "duration_ms") / 1000)


def _call(name: str, attributes: Attributes, started_at: float, ended_at: float) -> Call | None:
    if name != "claude_code.tool_result":
        return None
    begun = ended_at - number(attributes, "duration_ms") / 1000
    return Call(_tool(attributes), begun, ended_at, truth(attributes, "success"))


ADAPTER: Final = Adapter(
    agent="claude-code",
    services=("claude-code",),
    prefixes=("claude_code.",),
    scopes=("com.anthropic.claude_code*",),
    wanted=frozenset({"session.id", "type", "decision", "source", "tool_name", "success", "duration_ms", "start_type"}),
    sessions=("session.id",),
    metrics={
        "claude_code.session.count": _began,
        "claude_code.token.usage": by_word("tokens", "type", _TOKENS),
        "claude_code.cost.usage": measured("cost_usd"),
        "claude_code.lines_of_code.count": by_word("lines", "type", {"added": "added", "removed": "removed"}, ""),
        "claude_code.commit.count": measured("commits"),
        "claude_code.pull_request.count": measured("pull_requests"),
        "claude_code.code_edit_tool.decision": by_word("edits", "decision", {"accept": "accepted"}, "rejected"),
        "claude_code.active_time.total": measured("active_seconds"),
    },
    events={
        "claude_code.tool_decision": _decided,
        "claude_code.tool_result": _ran,
        "claude_code.api_request": _requested,
        "claude_code.api_error": _failed,
    },
    calls=_call,
    declares=frozenset({"lines", "commits"}),
    events_aside=(
        *("claude_code.user_prompt", "claude_code.assistant_response", "claude_code.api_request_body"),
        *("claude_code.api_response_body", "claude_code.api_retries_exhausted", "claude_code.api_refusal"),
        *("claude_code.at_mention", "claude_code.mcp_server_connection", "claude_code.plugin_installed"),
        *("claude_code.plugin_loaded", "claude_code.skill_activated", "claude_code.hook_registered"),
        *("claude_code.hook_execution_start", "claude_code.hook_execution_complete", "claude_code.hook_plugin_metrics"),
        *("claude_code.auth", "claude_code.permission_mode_changed", "claude_code.internal_error"),
        "claude_code.compaction",
    ),
    spans_aside=(
        *("claude_code.interaction", "claude_code.llm_request", "claude_code.hook"),
        *("claude_code.tool", "claude_code.tool.*"),
    ),
)
