"""The classifier: estimates how likely a session was an agent's, learnt on this machine from attributed sessions.

Owns the features, the learning and the test of its worth: logistic regression with a penalty, by Newton's method, over
seven features. It gives a likelihood and never a name. There is no model until there are enough examples of both kinds,
and none while it does not predict later examples from earlier ones better than their share does. Pure, any thread.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

FEATURES: Final = (
    "rate",
    "breadth",
    "repetition",
    "lines a change",
    "lines removed",
    "burst length",
    "time to commit",
)
ENOUGH: Final = 50
"""Examples of each kind."""
_PENALTY: Final = 3.0
_ROUNDS: Final = 12
_FOLDS: Final = 5
_LEAST_TO_TEST: Final = 20
_LEAST_SKILL: Final = 0.1
_MOST_BIAS: Final = 0.1
"""How far likelihoods may be from the true share, on average."""
_FURTHEST: Final = 4.0
"""Standard deviations to which a feature is cut: values beyond the examples carry no more information."""
_MOST_CERTAIN: Final = 0.98

Vector = tuple[float | None, ...]
Example = tuple[Vector, bool]


@dataclass(frozen=True, slots=True)
class SessionFeatures:
    """What the features of a session are computed from: its length, sums, bursts (0: not known) and first commit."""

    seconds: float
    changes: int
    files: int
    lines_added: int
    lines_removed: int
    bursts: int = 0
    first_commit_seconds: float | None = None

    def vector(self) -> Vector:
        """Returns the features in the order of FEATURES; None where one is not known."""
        changes = max(1, self.changes)
        lines = self.lines_added + self.lines_removed
        return (
            math.log((self.changes + 1) / (self.seconds / 60 + 1)),
            math.log1p(self.files),
            math.log(changes / max(1, self.files)),
            math.log1p(lines / changes),
            self.lines_removed / lines if lines else None,
            math.log(changes / self.bursts) if self.bursts else None,
            None if self.first_commit_seconds is None else math.log1p(max(0.0, self.first_commit_seconds)),
        )


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of standardised features. `skill` is the tested improvement over the Brier score of guessing."""

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    weights: tuple[float, ...]
    examples: int
    skill: float = 0.0

    def likelihood(self, vector: Vector) -> float:
        """Returns how likely a session with these features is an agent's, from 0 to 1; never exactly either."""
        chance = _sigmoid(_dot(self.weights, self._standardised(vector)))
        return min(_MOST_CERTAIN, max(1 - _MOST_CERTAIN, chance))

    def _standardised(self, vector: Vector) -> list[float]:
        return [1.0, *(_cut(x, mean, dev) for x, mean, dev in zip(vector, self.means, self.deviations, strict=True))]


def learn(examples: Sequence[Example]) -> Model | None:
    """Returns a model that passed its test, or None. Examples (features, whether an agent's) are in order of time."""
    agents = sum(is_agent for _, is_agent in examples)
    if min(agents, len(examples) - agents) < ENOUGH:
        return None
    skill, bias = tested(examples)
    if skill < _LEAST_SKILL or abs(bias) > _MOST_BIAS:
        return None
    model = fit(examples)
    return Model(model.means, model.deviations, model.weights, model.examples, skill)


def tested(examples: Sequence[Example]) -> tuple[float, float]:
    """Returns the share of the Brier score of guessing that a model saves, and how much too high it is on average.

    Both are 0 when there are too few examples for the test.
    """
    scored = list(predicted(examples))
    guess_error = sum((share - is_agent) ** 2 for _, share, is_agent in scored)
    if not guess_error:
        return 0.0, 0.0
    model_error = sum((chance - is_agent) ** 2 for chance, _, is_agent in scored)
    bias = sum(chance - is_agent for chance, _, is_agent in scored) / len(scored)
    return 1 - model_error / guess_error, bias


def predicted(examples: Sequence[Example]) -> Iterator[tuple[float, float, bool]]:
    """Yields the likelihood predicted from earlier examples, the share of agents among them, and the truth.

    Forward in time and not in turns: habits change, and neighbours resemble each other more than the future does.
    """
    size = -(-len(examples) // _FOLDS) or 1
    for begin in range(size, len(examples), size):
        seen = examples[:begin]
        agents = sum(is_agent for _, is_agent in seen)
        if min(agents, begin - agents) < _LEAST_TO_TEST:
            continue
        model = fit(seen)
        for vector, is_agent in examples[begin : begin + size]:
            yield model.likelihood(vector), agents / begin, is_agent


def fit(examples: Sequence[Example]) -> Model:
    """Returns a model of the examples, untested."""
    columns = list(zip(*(vector for vector, _ in examples), strict=True))
    means = tuple(_mean(column) for column in columns)
    deviations = tuple(_deviation(column, mean) for column, mean in zip(columns, means, strict=True))
    blank = Model(means, deviations, (), len(examples))
    rows = [(blank._standardised(vector), float(is_agent)) for vector, is_agent in examples]
    weights = [0.0] * (len(columns) + 1)
    for _ in range(_ROUNDS):
        step = _newton_step(rows, weights)
        weights = [weight + change for weight, change in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-6:
            break
    return Model(means, deviations, tuple(weights), len(examples))


def _newton_step(rows: Sequence[tuple[list[float], float]], weights: Sequence[float]) -> list[float]:
    size = len(weights)
    # The penalty applies to all weights but the first, which is the share of agents.
    penalties = [1e-6, *([_PENALTY] * (size - 1))]
    gradient = [-penalty * weight for penalty, weight in zip(penalties, weights, strict=True)]
    curvature = [[penalties[i] if i == j else 0.0 for j in range(size)] for i in range(size)]
    for row, wanted in rows:
        chance = _sigmoid(_dot(weights, row))
        slope = max(1e-9, chance * (1 - chance))
        for i, value in enumerate(row):
            gradient[i] += (wanted - chance) * value
            line, part = curvature[i], slope * value
            for j in range(i + 1):
                line[j] += part * row[j]
    for i in range(size):
        for j in range(i):
            curvature[j][i] = curvature[i][j]
    return _solved(curvature, gradient)


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Returns the solution of a system of linear equations whose matrix is positive definite."""
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for i in range(size):
        pivot = max(range(i, size), key=lambda row: abs(rows[row][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for k in range(i + 1, size):
            factor = rows[k][i] / rows[i][i]
            rows[k] = [a - factor * b for a, b in zip(rows[k], rows[i], strict=True)]
    solution = [0.0] * size
    for i in reversed(range(size)):
        known = sum(rows[i][k] * solution[k] for k in range(i + 1, size))
        solution[i] = (rows[i][size] - known) / rows[i][i]
    return solution


def _cut(value: float | None, mean: float, deviation: float) -> float:
    return 0.0 if value is None else max(-_FURTHEST, min(_FURTHEST, (value - mean) / deviation))


def _mean(column: Iterable[float | None]) -> float:
    known = [value for value in column if value is not None]
    return sum(known) / len(known) if known else 0.0


def _deviation(column: Iterable[float | None], mean: float) -> float:
    known = [value for value in column if value is not None]
    return math.sqrt(sum((value - mean) ** 2 for value in known) / len(known)) or 1.0 if known else 1.0


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))
