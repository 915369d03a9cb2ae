"""A baseline says what is usual: median, spread and maximum of what was seen, newer observations weighing more."""

from __future__ import annotations

import math
import statistics

from hypothesis import given, settings
from hypothesis import strategies as st

from obsd.analysis.anomalies import BY_NAME, threshold_of
from obsd.analysis.baseline import Baseline, step_of, value_of

COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=60)


def learnt(values: list[float], half_life: float = 1000) -> Baseline:
    """A baseline that saw values in turn."""
    baseline = Baseline({}, 0, half_life)
    for value in values:
        baseline.observe(value)
    return baseline


def test_small_numbers_are_kept_as_they_are() -> None:
    assert [value_of(step_of(number)) for number in range(12)] == list(range(12))


@settings(max_examples=50, deadline=None)
@given(COUNTS)
def test_the_median_is_that_of_the_values_within_a_step(values: list[int]) -> None:
    usual = learnt([float(value) for value in values], half_life=1e9).usual()
    assert usual is not None
    low, high = statistics.median_low(values), statistics.median_high(values)
    assert low * 0.89 - 1 <= usual.median <= high * 1.12 + 1
    assert math.isclose(math.log1p(usual.at_most), math.log1p(max(values)), abs_tol=0.12)


@settings(max_examples=50, deadline=None)
@given(COUNTS, st.integers(0, 10**9))
def test_a_larger_value_never_scores_less(values: list[int], value: int) -> None:
    usual = learnt([float(each) for each in values]).usual()
    assert usual is not None
    assert 0 <= usual.score(value) <= usual.score(value + 1)
    assert usual.limit(5) >= usual.at_most


def test_few_outliers_do_not_move_what_is_usual() -> None:
    calm = [3.0, 4.0, 5.0, 6.0] * 25
    with_outliers = learnt([*calm, 5000.0, 7000.0]).usual()
    without = learnt(calm).usual()
    assert with_outliers is not None
    assert without is not None
    assert with_outliers.median == without.median
    assert math.isclose(with_outliers.spread, without.spread, rel_tol=0.5)


def test_new_habits_become_usual() -> None:
    usual = learnt([2.0] * 300 + [40.0] * 150, half_life=50).usual()
    assert usual is not None
    assert math.isclose(usual.median, 40, rel_tol=0.1)


def test_weights_stay_in_the_range_of_numbers_for_ever() -> None:
    baseline = Baseline({}, 0, 1.0)
    for number in range(5000):
        baseline.observe(number % 7)
    assert all(math.isfinite(weight) for weight in baseline.weights.values())
    usual = baseline.usual()
    assert usual is not None
    assert usual.at_most == 6


def test_there_is_no_verdict_before_enough_history() -> None:
    measure = BY_NAME["deletions/300"]
    assert threshold_of(measure, learnt([3.0] * (measure.enough - 1))) is None
    found = threshold_of(measure, learnt([3.0] * (measure.enough - 1) + [21.0]))
    assert found is not None
    assert found.reason(412) == "412 deletions in 5 min; usual is 3, at most 21"
    assert found.limit >= 21


def test_reasons_are_words_for_each_kind() -> None:
    reasons = {name: threshold_of(measure, learnt([120.0] * 60)) for name, measure in BY_NAME.items()}
    said = {name: found.reason(7200) for name, found in reasons.items() if found is not None}
    assert said["commit_size/0"] == "a commit of 7,200 lines; usual is 121 lines, at most 121 lines"
    assert said["session_length/0"] == "a session of 2 h 0 min; usual is 2 min, at most 2 min"
    assert said["files/3600"] == "7,200 files in 60 min; usual is 121, at most 121"
