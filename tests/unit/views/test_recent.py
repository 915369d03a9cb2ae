"""The recent holds the last minutes, and no more, of what is recorded."""

from __future__ import annotations

from obsd.facts import Ticked, WorkspaceRemoved
from obsd.views.recent import BUCKET_SECONDS, BUCKETS, LAST_FACTS, RecentActivityView
from tests.unit.recording import T0, changed, commit


def test_beats_are_sums_of_their_seconds() -> None:
    view = RecentActivityView()
    view.publish([changed(at=T0), changed(at=T0 + 1), changed(at=T0 + BUCKET_SECONDS), commit(at=T0 + BUCKET_SECONDS)])
    buckets = view.workspaces["w"].until(T0 + 2 * BUCKET_SECONDS)
    assert [(bucket.changes, bucket.lines, bucket.commits) for bucket in buckets[-3:]] == [
        (2, 6, 0),
        (1, 3, 1),
        (0, 0, 0),
    ]
    assert len(buckets) == BUCKETS
    assert view.workspaces["w"].last_at == T0 + BUCKET_SECONDS


def test_it_stays_small_for_ever() -> None:
    view = RecentActivityView()
    for number in range(3000):
        view.publish([changed(at=T0 + number * BUCKET_SECONDS)])
    assert len(view.workspaces["w"].buckets) <= 2 * BUCKETS
    assert len(view.last) == LAST_FACTS
    assert sum(bucket.changes for bucket in view.workspaces["w"].until(T0 + 2999 * BUCKET_SECONDS)) == BUCKETS


def test_only_what_is_kept_is_shown_and_a_removed_workspace_goes() -> None:
    view = RecentActivityView()
    view.publish([changed(), Ticked(T0, ""), WorkspaceRemoved(T0, "w")])
    assert [type(fact).__name__ for fact in view.last] == ["FileChanged", "WorkspaceRemoved"]
    assert view.workspaces == {}
