"""What docs/analysis.md says of anomalies holds on a small part of the same made-up activity."""

from __future__ import annotations

from benchmarks import anomalies
from benchmarks.activity import KINDS, Activity, inject


def test_strong_anomalies_are_found_and_few_others_told() -> None:
    result = anomalies.made_up(workspaces=2, seed=2000)
    assert sum(result.injected.values()) == 2 * len(KINDS) * len(anomalies.STRENGTHS)
    strong = [key for key in result.injected if key[1] >= 5]
    assert sum(result.found[key] for key in strong) >= 0.9 * sum(result.injected[key] for key in strong)
    assert result.false_alarms <= 2 * result.days / 5


def test_the_same_seed_is_the_same_activity() -> None:
    once, again = (Activity(7, 12) for _ in range(2))
    assert once.facts == again.facts
    busy = anomalies.busy_times(once.facts)
    assert inject(once, 2, busy, (5.0,)) == inject(again, 2, busy, (5.0,))
    assert once.facts == again.facts
    assert once.facts != Activity(8, 12).facts
