"""The agents whose telemetry is understood, one small file each."""

from __future__ import annotations

from typing import Final

from obsd.telemetry.adapters import claude_code, codex, copilot_cli, copilot_vscode, gemini_cli
from obsd.telemetry.vocabulary import Adapter

ADAPTERS: Final[tuple[Adapter, ...]] = (
    claude_code.ADAPTER,
    codex.ADAPTER,
    copilot_cli.ADAPTER,
    copilot_vscode.ADAPTER,
    gemini_cli.ADAPTER,
)

RESOURCE_WANTED: Final = frozenset({"service.name", "process.pid"})


def find(service: str, scope: str, item: str) -> Adapter | None:
    """The adapter for an item, by the library that sends it, by service.name, by how its name begins; None: no agent.

    The user may give a service any name, and so one that looks like another agent's: what is alike comes last.
    """
    for adapter in ADAPTERS:
        if any(_is(scope, known) for known in adapter.scopes):
            return adapter
    for adapter in ADAPTERS:
        if service in adapter.services:
            return adapter
    for adapter in ADAPTERS:
        if item.startswith(adapter.prefixes):
            return adapter
    return next((adapter for adapter in ADAPTERS if any(_is(service, known) for known in adapter.services)), None)


def of_agent(agent: str) -> Adapter | None:
    """The adapter of an agent by its id."""
    return next((adapter for adapter in ADAPTERS if adapter.agent == agent), None)


def _is(service: str, known: str) -> bool:
    return service.startswith(known[:-1]) if known.endswith("*") else service == known
