"""What an address asks for."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsd.web import choice
from obsd.web.choice import LEAST_ROWS, MAX_ROWS

NOON = time.mktime((2026, 11, 27, 12, 0, 0, -1, -1, -1))
DAY = 86_400


def midnight(day: int, month: int = 11) -> float:
    return time.mktime((2026, month, day, 0, 0, 0, -1, -1, -1))


@pytest.mark.parametrize(
    ("word", "since", "until"),
    [
        ("today", midnight(27), midnight(28)),
        ("yesterday", midnight(26), midnight(27)),
        ("week", midnight(21), midnight(28)),
        ("month", midnight(29, 10), midnight(28)),
        ("2026-11-03", midnight(3), midnight(4)),
        ("2026-12-31", midnight(31, 12), midnight(32, 12)),
    ],
)
def test_words_and_dates_are_local_days(word: str, since: float, until: float) -> None:
    chosen = choice.read(f"time={word}", "today", NOON)
    assert (chosen.time, chosen.since, chosen.until, chosen.given) == (word, since, until, True)


@pytest.mark.parametrize("word", ["", "never", "2026-11-3", "9999-99-99", "-1", "0000-00-00"])
def test_what_is_no_time_is_the_usual_one(word: str) -> None:
    chosen = choice.read(f"time={word}", "week", NOON)
    assert (chosen.time, chosen.since, chosen.given) == ("week", midnight(21), False)


def test_an_address_keeps_the_choice() -> None:
    chosen = choice.read("workspace=a%2Fb%26c&agent=codex&time=week", "today", NOON)
    assert (chosen.workspace, chosen.agent) == ("a/b&c", "codex")
    assert chosen.address("/x") == "/x?workspace=a%2Fb%26c&agent=codex&time=week"
    assert chosen.address("/x", agent="", time="today") == "/x?workspace=a%2Fb%26c&time=today"
    assert choice.read("", "week", NOON).address("/x") == "/x"


@given(st.text(max_size=300))
def test_any_query_gives_a_choice(query: str) -> None:
    chosen = choice.read(query, "today", NOON)
    assert chosen.since < chosen.until
    assert LEAST_ROWS <= chosen.rows <= MAX_ROWS
    assert len(chosen.workspace) <= 200
    assert chosen.address("/").startswith("/")


def test_rows_are_bounded() -> None:
    assert choice.read("rows=100", "today", NOON).rows == 100
    assert choice.read("rows=99999", "today", NOON).rows == MAX_ROWS
    assert choice.read("rows=1", "today", NOON).rows == LEAST_ROWS
    assert choice.read("&".join(f"a{n}=1" for n in range(40)), "today", NOON).rows == LEAST_ROWS
