"""Baselines: a decaying histogram of a quantity, and scores against its median and spread.

Owns the arithmetic. Values are stored by their logarithm in steps of ten percent, because amounts of work differ by
factors; the weight of an observation halves with every `half_life` observations that follow. New observations get more
weight instead of old ones less, so that an observation changes two numbers and not all. Pure functions, any thread.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_STEP: Final = 0.1
_NORMAL_MAD: Final = 1.4826
"""MAD of a normal distribution to its standard deviation (Rousseeuw and Croux 1993)."""
_TAIL_SHARE: Final = 0.95
_TAIL_DEVIATIONS: Final = 1.645
_WIDEST: Final = 3.0
_WIDEST_SPREADS: Final = 3.0
"""So many spreads reach at most so many times the 95th percentile. Where people and agents share a tree, the values
have two humps, and the deviations from their common median would hide everything."""
_LEAST_SPREAD: Final = 0.25
"""The smallest spread: a quantity that never varied must still grow by more than its own step."""
_FORGOTTEN: Final = 2.0**-10
_RESCALE_EXPONENT: Final = 512.0
_RESCALE_HALF_LIVES: Final = 256

Weights = dict[int, float]
"""Step of the value's logarithm: weight."""


@dataclass(frozen=True, slots=True)
class Usual:
    """The usual values of a quantity: `median` and `at_most` in its own unit, `spread` in steps of its logarithm."""

    median: float
    at_most: float
    spread: float

    def score(self, value: float) -> float:
        """Returns by how many spreads a value lies above the median, or 0 if it does not."""
        return max(0.0, (math.log1p(value) - math.log1p(self.median)) / self.spread)

    def limit(self, score: float) -> float:
        """Returns the value that reaches a score, and is not below any earlier value."""
        return max(math.expm1(math.log1p(self.median) + score * self.spread), self.at_most)


@dataclass(slots=True)
class Baseline:
    """The history of one quantity: the weights of its values, and the number of observations."""

    weights: Weights
    observations: int
    half_life: float

    def observe(self, value: float) -> set[int]:
        """Adds a value; returns the steps whose weights changed, removed steps included."""
        step = step_of(value)
        self.weights[step] = self.weights.get(step, 0.0) + self._weight()
        self.observations += 1
        if self.observations / self.half_life < _RESCALE_EXPONENT:
            return {step}
        return self._rescale()

    def usual(self) -> Usual | None:
        """Returns median, spread and maximum, or None without observations."""
        least = _FORGOTTEN * self._weight()
        steps = sorted((step, weight) for step, weight in self.weights.items() if weight > least)
        if not steps:
            return None
        median = _quantile(steps, 0.5)
        deviations = sorted((abs(step - median), weight) for step, weight in steps)
        tail = _quantile(steps, _TAIL_SHARE) - median
        spread = max(_NORMAL_MAD * _quantile(deviations, 0.5), tail / _TAIL_DEVIATIONS) * _STEP
        widest = (tail * _STEP + math.log(_WIDEST)) / _WIDEST_SPREADS
        return Usual(value_of(median), value_of(steps[-1][0]), max(min(spread, widest), _LEAST_SPREAD))

    def _weight(self) -> float:
        return float(2.0 ** (self.observations / self.half_life))

    def _rescale(self) -> set[int]:
        """Scales all weights down before they leave the range of floating point numbers; returns the changed steps."""
        changed = set(self.weights)
        self.observations -= round(_RESCALE_HALF_LIVES * self.half_life)
        scaled = {step: weight * 2.0**-_RESCALE_HALF_LIVES for step, weight in self.weights.items()}
        least = _FORGOTTEN * self._weight()
        self.weights = {step: weight for step, weight in scaled.items() if weight > least}
        return changed


def step_of(value: float) -> int:
    """Returns the step of a value; negative values count as 0."""
    return round(math.log1p(max(0.0, value)) / _STEP)


def value_of(step: int) -> float:
    """Returns the value in the middle of a step, a whole number where steps are finer than whole numbers."""
    value = math.expm1(step * _STEP)
    return float(round(value)) if value < 1000 else float(f"{value:.3g}")


def _quantile(steps: list[tuple[int, float]], share: float) -> int:
    """Returns the step below which a share of the weight lies; `steps` are sorted."""
    wanted = share * sum(weight for _, weight in steps)
    seen = 0.0
    for step, weight in steps:
        seen += weight
        if seen >= wanted:
            return step
    return steps[-1][0]


def restored(rows: Mapping[int, float], observations: float, half_life: float) -> Baseline:
    """Returns a baseline from its persisted rows."""
    return Baseline(dict(rows), round(observations), half_life)
