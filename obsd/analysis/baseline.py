"""How much is usual: a decaying histogram of a quantity, and scores against its median and spread.

Owns the arithmetic. Values are kept by their logarithm in steps of ten percent, because work comes in sizes and not
in sums; the weight of an observation halves with each `half_life` observations that follow. New observations weigh
more instead of old ones less, so that taking one changes two numbers and not all. Pure functions, any thread.
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
"""So many spreads reach no further than so many times the 95th percentile. Where people and agents share a tree, what
is usual has two humps, and the deviations from its median would excuse everything."""
_LEAST_SPREAD: Final = 0.25
"""A quantity that never varied still has to grow by more than its own step to be told from it."""
_FORGOTTEN: Final = 2.0**-10
_RESCALE_EXPONENT: Final = 512.0
_RESCALE_HALF_LIVES: Final = 256

Weights = dict[int, float]
"""Step of the value's logarithm: weight."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What a quantity usually is: `median` and `at_most` in its own unit, `spread` in steps of its logarithm."""

    median: float
    at_most: float
    spread: float

    def score(self, value: float) -> float:
        """By how many spreads a value lies above the median; 0 for one that does not."""
        return max(0.0, (math.log1p(value) - math.log1p(self.median)) / self.spread)

    def limit(self, score: float) -> float:
        """The value that reaches a score, and that is not below what was seen before."""
        return max(math.expm1(math.log1p(self.median) + score * self.spread), self.at_most)


@dataclass(slots=True)
class Baseline:
    """The history of one quantity: the weights of its values, and the number of observations."""

    weights: Weights
    observations: int
    half_life: float

    def observe(self, value: float) -> set[int]:
        """Take a value; returns the steps whose weights changed (gone ones too)."""
        step = step_of(value)
        self.weights[step] = self.weights.get(step, 0.0) + self._weight()
        self.observations += 1
        if self.observations / self.half_life < _RESCALE_EXPONENT:
            return {step}
        return self._rescale()

    def usual(self) -> Usual | None:
        """Its median, spread and maximum; None without observations."""
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
        """Bring all weights down before they leave the range of floating point numbers."""
        changed = set(self.weights)
        self.observations -= round(_RESCALE_HALF_LIVES * self.half_life)
        scaled = {step: weight * 2.0**-_RESCALE_HALF_LIVES for step, weight in self.weights.items()}
        least = _FORGOTTEN * self._weight()
        self.weights = {step: weight for step, weight in scaled.items() if weight > least}
        return changed


def step_of(value: float) -> int:
    """The step that a value falls into; negative values count as 0."""
    return round(math.log1p(max(0.0, value)) / _STEP)


def value_of(step: int) -> float:
    """The value in the middle of a step, a whole number where the steps are finer than those."""
    value = math.expm1(step * _STEP)
    return float(round(value)) if value < 1000 else float(f"{value:.3g}")


def _quantile(steps: list[tuple[int, float]], share: float) -> int:
    """The step below which a share of the weight lies, of sorted steps."""
    wanted = share * sum(weight for _, weight in steps)
    seen = 0.0
    for step, weight in steps:
        seen += weight
        if seen >= wanted:
            return step
    return steps[-1][0]


def restored(rows: Mapping[int, float], observations: float, half_life: float) -> Baseline:
    """A baseline from what was kept of it."""
    return Baseline(dict(rows), round(observations), half_life)
