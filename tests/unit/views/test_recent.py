"""The pulse holds the last minutes, and no more, of what is recorded."""

from __future__ import annotations

from obsd.facts import Ticked, WorkspaceRemoved
from obsd.views.recent import BEAT_SECONDS, BEATS, LAST_FACTS, PulseView
from tests.unit.recording import T0, changed, commit


def test_beats_are_sums_of_their_seconds() -> None:
    view = PulseView()
    view.publish([changed(at=T0), changed(at=T0 + 1), changed(at=T0 + BEAT_SECONDS), commit(at=T0 + BEAT_SECONDS)])
    beats = view.workspaces["w"].until(T0 + 2 * BEAT_SECONDS)
    assert [(beat.changes, beat.lines, beat.commits) for beat in beats[-3:]] == [(2, 6, 0), (1, 3, 1), (0, 0, 0)]
    assert len(beats) == BEATS
    assert view.workspaces["w"].last_at == T0 + BEAT_SECONDS


def test_it_stays_small_for_ever() -> None:
    view = PulseView()
    for number in range(3000):
        view.publish([changed(at=T0 + number * BEAT_SECONDS)])
    assert len(view.workspaces["w"].beats) <= 2 * BEATS
    assert len(view.last) == LAST_FACTS
    assert sum(beat.changes for beat in view.workspaces["w"].until(T0 + 2999 * BEAT_SECONDS)) == BEATS


def test_only_what_is_kept_is_shown_and_a_removed_workspace_goes() -> None:
    view = PulseView()
    view.publish([changed(), Ticked(T0, ""), WorkspaceRemoved(T0, "w")])
    assert [type(fact).__name__ for fact in view.last] == ["FileChanged", "WorkspaceRemoved"]
    assert view.workspaces == {}
