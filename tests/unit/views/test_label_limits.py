"""Labels without a bound: how many series they get, who keeps one, and that nothing is lost or goes down."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from obsd.views import ViewSettings
from obsd.views.metrics import catalog
from obsd.views.metrics.label_limits import OTHER
from tests.unit.recording import added, changed, commit, fold, folded, series

FREQUENCY = "copilot_file_edit_frequency_total"
COMMITS = "git_commits_total"


def test_files_beyond_the_limit_are_counted_together() -> None:
    views = folded([added(), *(changed(f"{n}.py") for n in range(8))], ViewSettings(files_per_workspace=5))
    found = series(views, FREQUENCY, "filename")
    assert len(found) == 6
    assert found[OTHER] == 3


def test_a_file_that_comes_late_and_is_edited_often_gets_a_series() -> None:
    views = folded([added(), *(changed(f"{n}.py") for n in range(1000))])
    for _ in range(50):
        fold(views, changed("hot.py"))
    found = series(views, FREQUENCY, "filename")
    assert found["hot.py"] > 30
    assert len(found) <= 101
    assert sum(found.values()) == 1050


def test_no_limit_leaves_only_the_sum() -> None:
    settings = ViewSettings(files_per_workspace=0, authors_per_workspace=0, branches_per_workspace=0)
    views = folded([added(), changed(), commit()], settings)
    assert series(views, FREQUENCY, "filename") == {OTHER: 1}
    assert series(views, COMMITS, "author") == {OTHER: 1}
    assert series(views, "git_commit_lines_added", "branch") == {OTHER: 3}


def test_authors_and_branches_beyond_the_limit_are_counted_together() -> None:
    settings = ViewSettings(authors_per_workspace=2, branches_per_workspace=3)
    facts = [commit(n, author=f"a{n % 7}", branch=f"b{n % 11}") for n in range(1, 78)]
    views = folded([added(), *facts], settings)
    authors, branches = series(views, COMMITS, "author"), series(views, COMMITS, "branch")
    assert set(authors) == {"a1", "a2", OTHER}
    assert set(branches) == {"b1", "b2", "b3", OTHER}
    assert sum(authors.values()) == sum(branches.values()) == 77
    assert authors["a1"] == 11


def test_a_lowered_limit_shows_fewer_series_and_loses_nothing() -> None:
    views = folded([added(), *(changed(f"{n}.py") for n in range(8)), *(commit(n, author=str(n)) for n in range(8))])
    views.reconfigure(ViewSettings(files_per_workspace=3, authors_per_workspace=3, branches_per_workspace=0))
    assert series(views, FREQUENCY, "filename") == {"0.py": 1, "1.py": 1, "2.py": 1, OTHER: 5}
    assert series(views, COMMITS, "author") == {"0": 1, "1": 1, "2": 1, OTHER: 5}
    assert series(views, "git_commit_lines_added", "branch") == {OTHER: 3}


def test_what_is_edited_once_does_not_fill_memory() -> None:
    views = folded([added(), *(changed(f"{n}.py") for n in range(5000))])
    staged = views.metrics.stage().series
    assert sum(len(staged.rows(family, "w")) for family in (FREQUENCY, catalog.FILE_CANDIDATES)) < 1500


@given(st.lists(st.lists(st.integers(0, 60).map(lambda n: n * n // 60), max_size=40), max_size=12), st.integers(1, 40))
def test_no_counter_goes_down_and_the_sum_is_right(batches: list[list[int]], limit: int) -> None:
    views = folded([added()], ViewSettings(files_per_workspace=limit))
    before: dict[str, float] = {}
    total = 0
    for batch in batches:
        fold(views, *(changed(f"{n}.py") for n in batch))
        total += len(batch)
        found = series(views, FREQUENCY, "filename")
        assert all(found[name] >= value for name, value in before.items())
        assert sum(found.values()) == total
        assert len(found) <= limit + 1
        before = found
