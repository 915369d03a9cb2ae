"""An author's part is between what is proved and what nothing rules out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsd.authorship.shares import agents_share, floor_and_ceiling

AUTHORS = ("codex", "person", "several", "unknown")


def test_lines_of_nobody_known_may_be_anybodys() -> None:
    lines = {"codex": 50, "person": 20, "several": 10, "unknown": 20}
    assert floor_and_ceiling(lines, "codex") == (0.5, 0.8)
    assert floor_and_ceiling(lines, "person") == (0.2, 0.5)
    assert floor_and_ceiling(lines, "droid") == (0.0, 0.3)


def test_without_lines_and_for_those_that_are_not_one_author_there_is_no_part() -> None:
    assert floor_and_ceiling({"codex": 0}, "codex") is None
    assert floor_and_ceiling({"codex": 1, "several": 1}, "several") is None
    assert floor_and_ceiling({"codex": 1, "unknown": 1}, "unknown") is None


@given(st.dictionaries(st.sampled_from(AUTHORS), st.integers(0, 10**9)))
def test_floors_add_up_to_no_more_than_all_and_ceilings_to_no_less(lines: dict[str, int]) -> None:
    found = [part for author in ("codex", "person") if (part := floor_and_ceiling(lines, author))]
    assert all(0 <= floor <= ceiling <= 1 for floor, ceiling in found)
    if found:
        assert sum(floor for floor, _ in found) <= 1 + 1e-9
        assert sum(ceiling for _, ceiling in found) >= 1 - 1e-9


@pytest.mark.parametrize(
    ("lines", "part"),
    [
        ({}, None),
        ({"claude-code": 0}, None),
        ({"claude-code": 3, "codex": 1, "person": 4}, (0.5, 0.5)),
        ({"claude-code": 1, "unknown": 2, "several": 1, "before": 2, "imported": 2}, (0.125, 0.5)),
        ({"person": 5}, (0.0, 0.0)),
        ({"unknown": 5}, (0.0, 1.0)),
    ],
)
def test_the_part_of_all_agents_is_that_of_lines_that_one_of_them_wrote(
    lines: dict[str, int], part: tuple[float, float] | None
) -> None:
    assert agents_share(lines) == part
