"""The settings that make each agent send its telemetry to this machine, without prompts.

Owns the settings, as data. Files are edited in `agent_setup.py`. Any thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

GRPC: Final = "127.0.0.1:4317"
HTTP: Final = "127.0.0.1:4318"


@dataclass(frozen=True, slots=True)
class Recipe:
    """`file` is below the home folder. A `json` file gets `values` by path of keys, and `items` that the list
    at a path must have; the others get a block of `lines`.

    `clash` is the start of the line of a table that the block would repeat. `programs` are names on the PATH, `folders`
    are below the home folder: one of them shows that the agent is installed. `protocol` is the receiver that it uses.
    """

    agent: str
    file: str
    form: Literal["json", "toml", "sh"]
    protocol: Literal["grpc", "http"]
    programs: tuple[str, ...]
    folders: tuple[str, ...]
    then: str
    values: Mapping[tuple[str, ...], Any] | None = None
    lines: tuple[str, ...] = ()
    clash: str = ""
    items: Mapping[tuple[str, ...], str] = field(default_factory=dict)


PROGRAMS: Final[Mapping[str, str]] = {
    "cline": "cline",
    "continue": "cn",
    "factory-droid": "droid",
    "opencode": "opencode",
    "pi": "pi",
    "qwen-code": "qwen",
}
"""The programs of agents that keep records and have no recipe."""


def recipes(grpc: str = GRPC, http: str = HTTP) -> dict[str, Recipe]:
    """Returns the recipe of each agent, for receivers at these addresses."""
    return {one.agent: one for one in (_claude(grpc), _codex(grpc), _copilot_cli(http), _vscode(http), _gemini(grpc))}


def _claude(grpc: str) -> Recipe:
    environment = {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{grpc}",
        "OTEL_LOG_USER_PROMPTS": "0",
    }
    return Recipe(
        agent="claude-code",
        file=".claude/settings.json",
        form="json",
        protocol="grpc",
        programs=("claude",),
        folders=(".claude",),
        then="it takes effect at the next start of claude",
        values={("env", name): value for name, value in environment.items()},
    )


def _codex(grpc: str) -> Recipe:
    return Recipe(
        agent="codex",
        file=".codex/config.toml",
        form="toml",
        protocol="grpc",
        programs=("codex",),
        folders=(".codex",),
        then="it takes effect at the next start of codex",
        lines=(
            "[otel]",
            "log_user_prompt = false",
            f'exporter = {{ otlp-grpc = {{ endpoint = "http://{grpc}" }} }}',
        ),
        clash="[otel",
    )


def _copilot_cli(http: str) -> Recipe:
    return Recipe(
        agent="copilot-cli",
        file=".profile",
        form="sh",
        protocol="http",
        programs=("copilot",),
        folders=(".copilot",),
        then="it takes effect at the next login; until then, run the lines in the shell that starts copilot",
        lines=(
            "export COPILOT_OTEL_ENABLED=true",
            f"export COPILOT_OTEL_ENDPOINT=http://{http}",
            "export COPILOT_OTEL_CAPTURE_CONTENT=false",
        ),
    )


def _vscode(http: str) -> Recipe:
    prefix = "github.copilot.chat.otel."
    return Recipe(
        agent="copilot-vscode",
        file=".config/Code/User/settings.json",
        form="json",
        protocol="http",
        programs=("code",),
        folders=(".config/Code",),
        then="it takes effect when VS Code is restarted",
        values={
            (f"{prefix}enabled",): True,
            (f"{prefix}exporterType",): "otlp-http",
            (f"{prefix}otlpEndpoint",): f"http://{http}",
            (f"{prefix}captureContent",): False,
        },
    )


def _gemini(grpc: str) -> Recipe:
    return Recipe(
        agent="gemini-cli",
        file=".gemini/settings.json",
        form="json",
        protocol="grpc",
        programs=("gemini",),
        folders=(".gemini",),
        then="it takes effect at the next start of gemini",
        values={
            ("telemetry", "enabled"): True,
            ("telemetry", "target"): "local",
            ("telemetry", "otlpEndpoint"): f"http://{grpc}",
            ("telemetry", "otlpProtocol"): "grpc",
            ("telemetry", "logPrompts"): False,
        },
    )
