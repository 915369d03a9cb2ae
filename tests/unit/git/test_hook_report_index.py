"""Reports of hooks by commit: what is kept of them, and for how long."""

from __future__ import annotations

from obsd.git import hook_report_index
from obsd.git.hook_report import PREPARE, Report
from obsd.git.hook_report_index import HookReportIndex

FOLDER = "/w"


def report(number: int, hook: str = "post-commit") -> Report:
    return Report(f"{hook}{number}", FOLDER, commit_id=f"{number:040}", hook=hook)


def kept(index: HookReportIndex, numbers: range) -> int:
    return sum(bool(index.of(FOLDER, f"{number:040}")) for number in numbers)


def test_few_of_recorded_commits_are_kept_and_all_of_those_that_wait() -> None:
    index = HookReportIndex()
    waiting = range(hook_report_index.MAX_REPORTS)
    index.add((FOLDER, report(number)) for number in waiting)
    assert kept(index, waiting) == len(waiting)
    assert all(index.finish(FOLDER, f"{number:040}") for number in waiting)
    assert kept(index, waiting) == hook_report_index.MAX_DONE
    assert kept(index, waiting[-hook_report_index.MAX_DONE :]) == hook_report_index.MAX_DONE


def test_no_more_wait_than_the_bound() -> None:
    index = HookReportIndex()
    numbers = range(hook_report_index.MAX_REPORTS + 50)
    index.add((FOLDER, report(number)) for number in numbers)
    index.add((FOLDER, report(number, PREPARE)) for number in numbers)
    for number in numbers:
        index.follow(FOLDER, f"{number:040}", f"{number + 1_000_000:040}")
    assert kept(index, numbers) == hook_report_index.MAX_REPORTS
    prepared = range(1_000_000, 1_000_000 + len(numbers))
    assert kept(index, prepared) == hook_report_index.MAX_PREPARED


def test_a_report_that_comes_again_when_all_is_recorded_joins_the_others() -> None:
    index = HookReportIndex()
    index.add([(FOLDER, report(1))])
    assert index.finish(FOLDER, f"{1:040}")
    assert not index.finish(FOLDER, f"{2:040}"), "nobody reported it"
    index.add([(FOLDER, report(1)), (FOLDER, report(1, "post-rewrite"))])
    assert [one.hook for one in index.of(FOLDER, f"{1:040}")] == ["post-commit", "post-rewrite"]


def test_nothing_is_kept_of_a_workspace_that_is_gone() -> None:
    index = HookReportIndex()
    index.add([(FOLDER, report(1)), (FOLDER, report(2)), ("/other", report(1))])
    index.finish(FOLDER, f"{2:040}")
    index.forget(FOLDER)
    assert kept(index, range(5)) == 0
    assert index.of("/other", f"{1:040}")
