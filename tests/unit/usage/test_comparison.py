"""A vendor's day beside this machine's: what is not known is not 0, and each difference has a reason."""

from __future__ import annotations

from typing import Any

import pytest

from obsd.facts import OriginLines
from obsd.ledger.rows import CommitRow
from obsd.ledger.usage_queries import VendorDay
from obsd.usage.comparison import Compared, ComparedCommit, compare, compare_commits, of_scope
from obsd.usage.vendors import BY_NAME

ADA, BOB = {"lines_added": 10.0, "sessions": 2.0}, {"lines_added": 5.0}
DAY = "2026-11-25"
COMMIT, OTHER = "a" * 40, "b" * 40


def compared(
    own: float | None,
    *,
    person: str = "ada",
    first_day: str = "2026-01-01",
    settled: bool = True,
    figures: dict[str, dict[str, float]] | None = None,
) -> dict[str, Compared]:
    known = {"ada": ADA, "bob": BOB} if figures is None else figures
    day = VendorDay("anthropic", DAY, settled, 1.0, known)
    counted = {} if own is None else {day.day: {"lines_added": own}}
    return {one.measure: one for one in compare(BY_NAME["anthropic"], [day], counted, person, first_day)}


@pytest.mark.parametrize(
    ("own", "reasons"), [(10.0, ()), (4.0, ("elsewhere",)), (None, ("elsewhere",)), (12.0, ("not_reported",))]
)
def test_a_difference_has_a_reason(own: float | None, reasons: tuple[str, ...]) -> None:
    found = compared(own)["lines_added"]
    assert (found.amount, found.counted, found.reasons) == (10.0, own or 0.0, reasons)


def test_what_is_not_counted_is_none() -> None:
    found = compared(10.0)
    assert set(found) == {"lines_added", "sessions"}, "a measure that the vendor did not give is absent"
    assert (found["sessions"].counted, found["sessions"].reasons) == (None, ("not_measured",))


@pytest.mark.parametrize("first_day", ["", "2026-11-26"])
def test_a_day_before_obsd_watched_is_none(first_day: str) -> None:
    found = compared(None, first_day=first_day)["lines_added"]
    assert (found.counted, found.reasons) == (None, ("not_watched",))


def test_several_people_and_the_first_day_and_an_unsettled_one_are_said() -> None:
    found = compared(10.0, person="", first_day="2026-11-25", settled=False)["lines_added"]
    assert (found.amount, found.reasons) == (15.0, ("not_settled", "watched_in_part", "several_people", "elsewhere"))


@pytest.mark.parametrize(("figures", "reason"), [({"bob": BOB}, "no_figure"), ({}, "no_report")])
def test_what_was_counted_here_and_not_there_is_shown(figures: dict[str, dict[str, float]], reason: str) -> None:
    found = compared(7.0, figures=figures)
    assert set(found) == {"lines_added"}, "nothing is shown of what neither counted"
    assert (found["lines_added"].amount, found["lines_added"].counted) == (None, 7.0)
    assert found["lines_added"].reasons == (reason,)


def test_a_break_in_a_series_is_marked_on_its_day() -> None:
    copilot, figures = BY_NAME["copilot"], {"ada": {"lines_suggested_added": 3.0, "lines_added": 1.0}}
    days = [VendorDay("copilot", day, True, 1.0, figures) for day in ("2026-07-01", "2026-07-02")]
    found = {(one.day, one.measure): one.reasons for one in compare(copilot, days, {}, "ada", "")}
    assert found["2026-07-02", "lines_suggested_added"] == ("series_changed", "not_measured")
    assert found["2026-07-01", "lines_suggested_added"] == ("not_measured",)
    assert found["2026-07-02", "lines_added"] == ("not_watched",)


def test_other_scopes_have_a_row_for_each_subject_and_nothing_beside_it() -> None:
    day = VendorDay("copilot", DAY, False, 1.0, {"web": {"lines_added": 4.0}, "core": {"lines_added": 9.0}})
    found = list(of_scope(BY_NAME["copilot"], [day]))
    assert [(one.subject, one.amount, one.counted) for one in found] == [("core", 9.0, None), ("web", 4.0, None)]
    assert found[0].reasons == ("not_settled", "not_measured")


def row(commit_id: str, *origins: OriginLines, classified: bool = True) -> CommitRow:
    return CommitRow(
        workspace="shop",
        commit_id=commit_id,
        branch="main",
        author_name="Ada",
        author_email="ada@example.org",
        subject="feat: x",
        kind="commit",
        agent="cursor",
        evidence="environment",
        lines_added=9,
        lines_removed=0,
        files_changed=1,
        committed_at=1.0,
        recorded_at=1.0,
        source="hook",
        origins=origins if classified else None,
    )


def commits(known: CommitRow | None, **figures: float) -> ComparedCommit:
    day = VendorDay("cursor", DAY, True, 1.0, {COMMIT: dict(figures)})
    [found] = compare_commits(BY_NAME["cursor"], [day], {} if known is None else {COMMIT: known})
    return found


LINES: dict[str, float] = {"tab_lines_added": 2.0, "composer_lines_added": 5.0, "other_lines_added": 3.0}


@pytest.mark.parametrize(
    ("known", "counted", "unknown", "reasons"),
    [
        (row(COMMIT, OriginLines("cursor", "environment", 7)), 7.0, 0, ()),
        (row(COMMIT, OriginLines("person", "writer", 3)), 0.0, 0, ("counted_otherwise",)),
        (
            row(COMMIT, OriginLines("cursor", "writer", 4), OriginLines("unknown", "none", 3)),
            4.0,
            3,
            ("unknown_lines",),
        ),
        (
            row(COMMIT, OriginLines("cursor", "writer", 9), OriginLines("unknown", "none", 3)),
            9.0,
            3,
            ("counted_otherwise",),
        ),
        (row(COMMIT, classified=False), None, 0, ("not_classified",)),
        (row(OTHER, OriginLines("cursor", "writer", 7)), 7.0, 0, ("rewritten",)),
        (None, None, 0, ("not_here",)),
    ],
)
def test_a_commit_by_its_id(known: CommitRow | None, counted: Any, unknown: int, reasons: tuple[str, ...]) -> None:
    found = commits(known, **LINES)
    assert (found.amount, found.counted, found.unknown, found.reasons) == (7.0, counted, unknown, reasons)
    assert found.workspace == ("shop" if known else "")


def test_a_commit_of_which_the_vendor_says_no_lines_has_no_amount() -> None:
    found = commits(row(COMMIT, OriginLines("cursor", "writer", 7)), other_lines_added=3.0)
    assert (found.amount, found.counted, found.reasons) == (None, 7.0, ())
