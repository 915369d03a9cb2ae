"""The agents that the configuration may name are those that have an adapter."""

from __future__ import annotations

from obsd.config_sections import RECORDING_AGENTS
from obsd.records.adapters import ADAPTERS


def test_every_adapter_can_be_chosen_by_name() -> None:
    assert sorted(adapter.agent for adapter in ADAPTERS) == list(RECORDING_AGENTS)
