"""The agents whose telemetry is understood, one small file each."""

from __future__ import annotations

from functools import lru_cache
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


@lru_cache(maxsize=256)
def find(service: str, item: str) -> Adapter | None:
    """The adapter for a sender by its service.name, else by how the name of an item of its begins; None: no agent."""
    for adapter in ADAPTERS:
        if any(_is(service, known) for known in adapter.services):
            return adapter
    return next((adapter for adapter in ADAPTERS if item.startswith(adapter.prefixes)), None)


def of_agent(agent: str) -> Adapter | None:
    """The adapter of an agent by its id."""
    return next((adapter for adapter in ADAPTERS if adapter.agent == agent), None)


def _is(service: str, known: str) -> bool:
    return service.startswith(known[:-1]) if known.endswith("*") else service == known
