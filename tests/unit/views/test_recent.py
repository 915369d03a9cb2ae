"""The recent holds the last minutes, and no more, of what is recorded."""

from __future__ import annotations

from dataclasses import replace

from obsd.authorship.facts import ChangeAttributed
from obsd.facts import Ticked, WorkspaceRemoved
from obsd.views.recent import BUCKET_SECONDS, BUCKETS, LAST_FACTS, RecentActivityView, Written
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


def test_authors_are_counted_when_they_are_final_and_are_no_activity() -> None:
    view = RecentActivityView()
    final = ChangeAttributed(T0 + BUCKET_SECONDS, "w", 1, "a.py", "codex", "writer", "s1", "sed", 2, 1)
    view.publish([changed(at=T0), final, replace(final, change=2, lines_added=None), replace(final, late=True)])
    last = view.workspaces["w"].until(T0 + BUCKET_SECONDS)[-1]
    assert last.authors == {"codex": Written(2, 2, 2)}
    assert view.workspaces["w"].last_at == T0


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
