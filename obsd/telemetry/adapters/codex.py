"""Codex: everything it says of a conversation is in events; its metrics lack the conversation, and say no more.

Cached tokens are part of its input tokens, reasoning tokens part of its output tokens.
https://developers.openai.com/codex/config-advanced
"""

from __future__ import annotations

from typing import Final

from obsd.telemetry.vocabulary import Adapter, Attributes, Call, Reading, number, request, text, tokens, truth
from obsd.telemetry.vocabulary import word as translate

_TOOLS: Final = {
    "exec_command": "shell",
    "write_stdin": "shell",
    "shell": "shell",
    "shell_command": "shell",
    "local_shell": "shell",
    "container.exec": "shell",
    "apply_patch": "edit",
    "read_file": "read",
    "view_image": "read",
    "list_dir": "read",
    "grep_files": "search",
    "tool_search": "search",
    "web_search": "web",
    "spawn_agent": "task",
}
_TOKENS: Final = {
    "input_token_count": "input",
    "output_token_count": "output",
    "cached_token_count": "cache_read",
    "cache_write_token_count": "cache_creation",
    "reasoning_token_count": "reasoning",
}

_OF_A_MODEL: Final = ("responses", "completions")
"""What is in an endpoint that a model answers; the others list models, files and the like."""


def _tool(attributes: Attributes) -> str:
    if text(attributes, "mcp_server"):
        return "mcp"
    return translate(_TOOLS, text(attributes, "tool_name"))


def _decided(attributes: Attributes, seconds: float) -> tuple[Reading, ...]:
    if not text(attributes, "decision").startswith("approved"):
        decision = "rejected"
    else:
        decision = "accepted" if text(attributes, "source").lower() == "user" else "automatic"
    tool = _tool(attributes)
    readings = (Reading("tool_decisions", 1.0, (tool, decision)),)
    if tool == "edit":
        outcome = "rejected" if decision == "rejected" else "accepted"
        return (*readings, Reading("edits", 1.0, (outcome,)))
    return readings


def _ran(attributes: Attributes, seconds: float) -> tuple[Reading, ...]:
    return (Reading("tool_calls", 1.0, (_tool(attributes), "ok" if truth(attributes, "success") else "error")),)


def _requested(attributes: Attributes, seconds: float) -> tuple[Reading, ...]:
    endpoint = text(attributes, "endpoint")
    if endpoint and not any(part in endpoint for part in _OF_A_MODEL):
        return ()
    status = number(attributes, "http.response.status_code")
    return request(200 <= status < 400, number(attributes, "duration_ms") / 1000)


def _requested_on_socket(attributes: Attributes, seconds: float) -> tuple[Reading, ...]:
    return request(truth(attributes, "success"), number(attributes, "duration_ms") / 1000)


def _streamed(attributes: Attributes, seconds: float) -> tuple[Reading, ...]:
    # Two events end a response; the one that has the tokens has no other part in it.
    return tokens(attributes, _TOKENS) if text(attributes, "event.kind") == "response.completed" else ()


def _started(attributes: Attributes, seconds: float) -> tuple[Reading, ...]:
    return (Reading("sessions", 1.0),)


def _call(name: str, attributes: Attributes, started_at: float, ended_at: float) -> Call | None:
    if name != "codex.tool_result":
        return None
    begun = ended_at - number(attributes, "duration_ms") / 1000
    return Call(_tool(attributes), begun, ended_at, truth(attributes, "success"))


ADAPTER: Final = Adapter(
    agent="codex",
    services=("codex*",),
    prefixes=("codex.",),
    scopes=("codex", "codex_otel*"),
    wanted=frozenset(
        {
            *("conversation.id", "event.kind", "duration_ms", "http.response.status_code", "success", "endpoint"),
            *("tool_name", "mcp_server", "decision", "source", *_TOKENS),
        }
    ),
    sessions=("conversation.id",),
    events={
        "codex.conversation_starts": _started,
        "codex.api_request": _requested,
        "codex.websocket_request": _requested_on_socket,
        "codex.sse_event": _streamed,
        "codex.tool_decision": _decided,
        "codex.tool_result": _ran,
    },
    calls=_call,
    metrics_aside=("codex.*",),
    events_aside=(
        *("codex.user_prompt", "codex.startup_phase", "codex.turn_ttft", "codex.auth_recovery"),
        # codex.websocket_request has the request, codex.sse_event the tokens.
        *("codex.websocket_connect", "codex.websocket_event"),
        # Lines of its log, which have no other name than their place in the source.
        "event otel/*",
    ),
)
