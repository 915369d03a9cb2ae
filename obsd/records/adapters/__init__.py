"""The adapters, one an agent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from obsd.records.adapter import Adapter
from obsd.records.adapters import (
    claude_code,
    cline,
    codex,
    continue_cli,
    copilot_cli,
    factory_droid,
    gemini_cli,
    opencode,
    pi,
    qwen_code,
)

ADAPTERS: Final[tuple[Adapter, ...]] = (
    claude_code.ADAPTER,
    codex.ADAPTER,
    copilot_cli.ADAPTER,
    gemini_cli.ADAPTER,
    qwen_code.ADAPTER,
    opencode.ADAPTER,
    factory_droid.ADAPTER,
    pi.ADAPTER,
    cline.ADAPTER,
    continue_cli.ADAPTER,
)


def chosen(agents: Iterable[str]) -> tuple[Adapter, ...]:
    """The adapters of these agents, by id; `all` chooses every one."""
    wanted = frozenset(agents)
    return tuple(adapter for adapter in ADAPTERS if adapter.agent in wanted or "all" in wanted)
