"""Shares of agents: floor, ceiling, and what they are parts of."""

from __future__ import annotations

import pytest

from obsd.origins.shares import agents_share


@pytest.mark.parametrize(
    ("lines", "share"),
    [
        ({}, None),
        ({"claude": 0}, None),
        ({"claude": 3, "codex": 1, "person": 4}, (0.5, 0.5)),
        ({"claude": 1, "unknown": 2, "several": 1, "before": 2, "imported": 2}, (0.125, 0.5)),
        ({"person": 5}, (0.0, 0.0)),
        ({"unknown": 5}, (0.0, 1.0)),
    ],
)
def test_what_is_proved_is_the_floor_and_what_nobody_knows_the_way_to_the_ceiling(
    lines: dict[str, int], share: tuple[float, float] | None
) -> None:
    assert agents_share(lines) == share
