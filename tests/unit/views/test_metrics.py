"""The metrics: their names and text to the letter, what moves them, and what their labels may hold."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from obsd.facts import (
    CommitRewritten,
    GitChangedFiles,
    HookReported,
    ProbeReturned,
    Rescanned,
    Ticked,
    WatcherReported,
    WatcherRestarted,
    WorkDiscarded,
    WorkspaceRemoved,
)
from obsd.usage.compared_days import LastDay
from obsd.views import Views, ViewSettings
from obsd.views.metrics import catalog as table
from obsd.views.metrics.label_limits import OTHER
from obsd.views.state import RestoredState
from tests.unit.recording import (
    T0,
    Clock,
    added,
    changed,
    commit,
    fold,
    folded,
    number,
    object_id,
    scraped,
    series,
)

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "metrics.txt"
MODIFIED = "copilot_files_modified_total"
FREQUENCY = "copilot_file_edit_frequency_total"
COMMITS = "git_commits_total"

FAR_APART = 1000.0
"""Longer than the idle time."""


def story() -> Views:
    """A bit of everything."""
    clock = Clock(T0 + 60)
    views = folded([added("quiet"), added("w")], clock=clock)
    fold(views, changed("src/a.py", "created", (10, 0)), changed("src/a.py", lines=(2, 1)), changed("src/a.py"))
    fold(views, changed("b.md", "deleted", (0, 700), file_type="markdown"))
    fold(views, changed("c.bin", lines=None, unmeasured="binary", file_type="other"))
    fold(views, changed("d.py", "renamed", (0, 0), previous_path="e.py"))
    fold(views, GitChangedFiles(T0, "w", "checkout", 12), WorkDiscarded(T0, "w", "checkout", 2, 70))
    fold(views, commit(1, figures=(30, 4, 3)), commit(2, agent="claude-code", evidence="environment", at=T0 + 1))
    fold(views, commit(3, branch="topic", author='Grace "Hop\\er"\n', kind="merge", recovered=True, at=T0 + 2))
    fold(views, CommitRewritten(T0 + 3, "w", "amend", object_id(3), object_id(4)))
    fold(views, WatcherReported(T0, "w", "watching", "", 7, 1000, 7, events=41, overflows=1))
    fold(views, WatcherRestarted(T0, "w", "killed"), WatcherReported(T0, "w", "watching", "", 8, 1000, 8, events=1))
    fold(views, Rescanned(T0, "w", "overflow", 0.1, 0), ProbeReturned(T0 + 4, "w", 0.002))
    fold(views, HookReported(T0, "w", "counted", "post-commit"), HookReported(T0, "", "refused", "post-commit"))
    views.metrics.set_up_since(T0 - 100)
    views.metrics.vendors.take([LastDay("copilot", T0 - 50, {"lines_added": 64.0, "ai_credits": 12.5})])
    return views


def test_the_exposition_is_the_golden_one() -> None:
    text = story().metrics.exposition().decode("utf-8")
    if "OBSD_UPDATE_GOLDEN" in os.environ:
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8"), "OBSD_UPDATE_GOLDEN=1 writes it anew, when the change is meant"


def test_every_family_has_a_series_for_a_workspace_from_the_start() -> None:
    views = folded([added()])
    found = {name for (name, labels), value in scraped(views).items() if ("workspace", "w") in labels and value == 0}
    for family in table.FAMILIES:
        if family.zeros and not family.daemon:
            assert found & {family.name, f"{family.name}_count"}, family.name


def test_the_parser_of_prometheus_reads_no_series_twice() -> None:
    text = story().metrics.exposition().decode("utf-8")
    names = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(names) == len(set(names))
    assert "_created" not in text


def test_what_promtool_would_complain_of_is_not_there() -> None:
    for family in table.FAMILIES:
        assert family.help
        assert family.name.endswith("_total") == (family.kind == "counter")
        assert family.name == family.name.lower()
        assert not set(family.labels) & {"le", "quantile", "instance", "job"}


def test_series_of_a_removed_workspace_go_and_stay_away() -> None:
    views = story()
    derived = fold(views, WorkspaceRemoved(T0 + 10, "w"))
    assert [type(fact).__name__ for fact in derived] == ["SessionEnded", "WorkspaceRemoved"]
    fold(views, changed(), WatcherReported(T0, "w", "watching", watches=3), commit(9), Ticked(T0 + 9999, ""))
    assert not [labels for _, labels in scraped(views) if ("workspace", "w") in labels]
    assert [labels for _, labels in scraped(views) if ("workspace", "quiet") in labels]


def test_a_workspace_that_comes_back_begins_at_0() -> None:
    views = story()
    fold(views, WorkspaceRemoved(T0 + 10, "w"), added(), changed("new.py", "created"))
    assert series(views, MODIFIED, "operation") == {"created": 1, "modified": 0, "deleted": 0, "renamed": 0}
    assert number(views, COMMITS, author="Ada", branch="main") is None


def test_a_first_change_of_a_file_type_brings_all_its_operations() -> None:
    views = folded([added(), changed("a.go", "created", file_type="go")])
    assert number(views, MODIFIED, file_type="go", operation="created") == 1
    assert number(views, MODIFIED, file_type="go", operation="deleted") == 0


@pytest.mark.parametrize(("lines", "bound"), [(0, "1.0"), (1, "1.0"), (2, "5.0"), (1000, "1000.0"), (1001, "+Inf")])
def test_a_change_falls_into_its_bucket(lines: int, bound: str) -> None:
    views = folded([added(), changed(lines=(lines, 0))])
    buckets = {
        dict(labels)["le"]: value
        for (name, labels), value in scraped(views).items()
        if name == "copilot_lines_changed_bucket" and ("file_type", "python") in labels
    }
    order = list(table.LINES_CHANGED.buckets)
    assert buckets[bound] == 1
    assert sum(buckets.values()) == len(order) + 1 - [*map(str, map(float, order)), "+Inf"].index(bound)
    assert number(views, "copilot_lines_changed_sum", file_type="python") == lines


def test_unmeasured_changes_count_as_changes_and_observe_no_lines() -> None:
    views = folded([added(), changed(lines=None, unmeasured="too_large")])
    assert number(views, MODIFIED, file_type="python", operation="modified") == 1
    assert number(views, "obsd_unmeasured_changes_total", reason="too_large") == 1
    assert number(views, "copilot_lines_changed_count", file_type="python") is None


def test_rewrites_are_no_commits() -> None:
    views = folded([added(), commit(1), CommitRewritten(T0, "w", "rebase", object_id(1), object_id(2))])
    assert number(views, COMMITS, author="Ada", branch="main") == 1
    assert number(views, "obsd_commit_rewrites_total", operation="rebase") == 1


def test_the_gauges_of_a_branch_are_those_of_its_last_commit() -> None:
    views = folded([added(), commit(1, figures=(9, 9, 9)), commit(2, branch="topic"), commit(3, figures=(1, 0, 1))])
    found = [
        number(views, name, branch="main")
        for name in ("git_commit_lines_added", "git_commit_lines_removed", "git_commit_files_changed")
    ]
    assert found == [1, 0, 1]


def test_a_session_is_as_long_as_the_scrape_is_late_and_ends_without_a_tick() -> None:
    clock = Clock(T0)
    views = folded([added(), changed()], clock=clock)
    clock.now = T0 + 299
    assert number(views, "copilot_session_active") == 1
    assert number(views, "copilot_session_duration_seconds") == 299
    clock.now = T0 + 301
    assert number(views, "copilot_session_active") == 0
    assert number(views, "copilot_session_duration_seconds") == 0


def test_a_clock_that_went_back_gives_no_negative_length() -> None:
    clock = Clock(T0)
    views = folded([added(), changed(), changed(at=T0 + 100)], clock=clock)
    clock.now = T0 - 5000
    assert number(views, "copilot_session_duration_seconds") == 100


def test_ended_sessions_are_observed_by_agent() -> None:
    facts = [added(), changed(), commit(1, agent="codex", evidence="trailer", at=T0 + 61), Ticked(T0 + FAR_APART, "")]
    views = folded(facts)
    assert number(views, "obsd_session_length_seconds_sum", agent="codex") == 61
    assert number(views, "obsd_session_length_seconds_bucket", agent="codex", le="60.0") == 0


def test_watchers_are_up_while_they_watch() -> None:
    views = folded([added()])
    for state, up in (("starting", 0), ("watching", 1), ("degraded", 1), ("failed", 0)):
        fold(views, WatcherReported(T0, "w", state, watches=5, watch_limit=9))  # type: ignore[arg-type]
        assert number(views, "obsd_watcher_up") == up
    fold(views, WatcherReported(T0, "w", "watching"), WatcherRestarted(T0, "w", "killed"))
    assert number(views, "obsd_watcher_up") == 0
    assert number(views, "obsd_watcher_restarts_total") == 1


def test_reports_of_unknown_repositories_belong_to_the_daemon() -> None:
    views = folded([added(), HookReported(T0, "", "refused", "post-commit"), HookReported(T0, "x", "refused", "")])
    assert number(views, "obsd_hook_reports_total", workspace="", result="refused") == 2


@pytest.mark.parametrize("name", ["a\nb", 'q"uote', "back\\slash", "\udcff\udcfe", "\u202eevil", "é" * 500, "\x00", ""])
def test_hostile_names_are_labels_that_can_be_read_back(name: str) -> None:
    views = folded([added(), changed(name), commit(author=name, branch=name)])
    assert sum(series(views, FREQUENCY, "filename").values()) == 1
    assert sum(series(views, COMMITS, "author").values()) == 1
    longest = max(len(value) for _, labels in scraped(views) for _, value in labels)
    assert longest <= 200


def test_names_that_look_alike_share_one_series() -> None:
    views = folded([added(), changed("a\nb"), changed("a\\nb"), commit(1, branch="x\ny"), commit(2, branch="x\\ny")])
    assert series(views, FREQUENCY, "filename") == {"a\\nb": 2, OTHER: 0}
    assert series(views, COMMITS, "branch") == {"x\\ny": 2, OTHER: 0}


def test_hidden_names_are_not_in_the_text() -> None:
    settings = ViewSettings(filenames="hashed", authors="hashed")
    views = Views(Clock(), "1", settings)
    views.restore(RestoredState(salt=b"s" * 32))
    fold(views, added(), changed("secret.py"), changed("secret.py"), commit(author="Secret Person"))
    assert b"ecret" not in views.metrics.exposition()
    assert sorted(series(views, FREQUENCY, "filename").values()) == [0, 2]
    views.reconfigure(ViewSettings(filenames="off", authors="off"))
    assert series(views, FREQUENCY, "filename") == {OTHER: 2}
    assert series(views, COMMITS, "author") == {OTHER: 1}


def test_hashes_differ_from_ledger_to_ledger() -> None:
    found = set()
    for salt in (b"a" * 32, b"b" * 32):
        views = Views(Clock(), "1", ViewSettings(filenames="hashed"))
        views.restore(RestoredState(salt=salt))
        fold(views, added(), changed("x"))
        found |= set(series(views, FREQUENCY, "filename")) - {OTHER}
    assert len(found) == 2


def test_a_broken_part_leaves_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    views = Views(Clock(), "1.2.3", spool_reports=lambda: 1 // 0)
    fold(views, added(), changed())
    with caplog.at_level(logging.ERROR):
        names = {name for name, _ in scraped(views)}
        assert scraped(views)
    assert "obsd_spool_reports" not in names
    assert {"obsd_watch_limit", MODIFIED, "obsd_degraded"} <= names
    assert views.metrics.collector.failures == 2
    assert len(caplog.records) == 1


def test_the_daemon_speaks_of_itself_without_a_workspace() -> None:
    views = story()
    views.metrics.set_degraded(True)
    found = scraped(views)
    assert found["obsd_degraded", frozenset()] == 1
    assert found["obsd_up_since_timestamp_seconds", frozenset()] == T0 - 100
    assert found["obsd_build_info", frozenset({("version", "1.2.3")})] == 1


def test_a_vendor_that_is_read_no_more_has_no_series() -> None:
    metrics = story().metrics
    assert 'obsd_vendor_usage{measure="ai_credits",vendor="copilot"} 12.5' in metrics.exposition().decode()
    metrics.vendors.take([])
    assert "obsd_vendor_usage{" not in metrics.exposition().decode()
