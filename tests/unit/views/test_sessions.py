"""Sessions: what begins, extends and ends them."""

from __future__ import annotations

from obsd.facts import (
    ClockStepped,
    Fact,
    GitChangedFiles,
    SessionEnded,
    SessionStarted,
    Ticked,
    WatcherReported,
)
from obsd.views import Views, ViewSettings
from tests.unit.recording import T0, added, changed, commit, fold, folded

IDLE = 300.0


def told(views: Views, *facts: Fact) -> list[tuple[str, float]]:
    """What sessions began and ended, and at what second of the story."""
    return [
        (type(fact).__name__.removeprefix("Session"), fact.at - T0)
        for fact in fold(views, *facts)
        if isinstance(fact, (SessionStarted, SessionEnded))
    ]


def test_a_change_starts_a_session_and_a_tick_ends_it_at_its_last_change() -> None:
    views = folded([added()])
    assert told(views, changed(at=T0), changed(at=T0 + 100)) == [("Started", 0)]
    assert told(views, Ticked(T0 + 400, "")) == []
    assert views.sessions.any_open()
    assert told(views, Ticked(T0 + 401, "")) == [("Ended", 100)]
    assert not views.sessions.any_open()


def test_any_later_fact_ends_it_too() -> None:
    views = folded([added(), changed()])
    assert told(views, WatcherReported(T0 + IDLE + 1, "w", "watching")) == [("Ended", 0)]


def test_a_later_change_ends_one_and_starts_the_next() -> None:
    views = folded([added(), changed()])
    assert told(views, changed(at=T0 + 301)) == [("Ended", 0), ("Started", 301)]


def test_a_commit_is_activity_and_what_git_changed_is_not() -> None:
    views = folded([added()])
    assert told(views, GitChangedFiles(T0, "w", "checkout", 9)) == []
    assert told(views, commit(1, at=T0 + 5)) == [("Started", 5)]


def test_workspaces_have_sessions_of_their_own() -> None:
    views = folded([added(), added("v")])
    assert told(views, changed(), changed(workspace="v", at=T0 + 200)) == [("Started", 0), ("Started", 200)]
    assert told(views, Ticked(T0 + 350, "")) == [("Ended", 0)]
    assert told(views, Ticked(T0 + 550, "w")) == []
    assert told(views, Ticked(T0 + 550, "v")) == [("Ended", 200)]


def test_a_session_sums_up_what_happened_in_it() -> None:
    views = folded([added(), changed("a", lines=(3, 1)), changed("a", lines=(1, 1)), changed("b", lines=None)])
    fold(views, changed("a", lines=(1, 0)), commit(1), commit(2))
    session = views.sessions.open["w"]
    assert (session.changes, session.files, session.commits) == (4, 2, 2)
    assert (session.lines_added, session.lines_removed) == (5, 2)


def test_agents_of_a_session_are_those_of_its_commits_with_the_best_evidence() -> None:
    views = folded([added(), commit(1), commit(2, agent="codex", evidence="trailer")])
    assert views.sessions.open["w"].agents == {"codex": "trailer"}
    fold(views, commit(3, agent="codex", evidence="environment"), commit(4, agent="codex", evidence="trailer"))
    assert views.sessions.open["w"].agents == {"codex": "environment"}
    (ended,) = [fact for fact in fold(views, Ticked(T0 + 999, "")) if isinstance(fact, SessionEnded)]
    assert ended.agent == "codex"


def test_a_session_of_several_agents_belongs_to_none() -> None:
    facts = [commit(1, agent="codex", evidence="trailer"), commit(2, agent="claude-code", evidence="trailer")]
    views = folded([added(), *facts])
    (ended,) = [fact for fact in fold(views, Ticked(T0 + 999, "")) if isinstance(fact, SessionEnded)]
    assert ended.agent == "unknown"


def test_a_commit_of_long_ago_leaves_the_running_session_alone() -> None:
    views = folded([added(), changed()])
    assert told(views, commit(1, at=T0 + 10, committed_at=T0 - 86400, recovered=True)) == []
    assert views.sessions.open["w"].commits == 0
    assert views.sessions.open["w"].last_at == T0


def test_a_recovered_commit_of_just_now_is_in_the_running_session() -> None:
    views = folded([added(), changed()])
    assert told(views, commit(1, at=T0 + 10.9, committed_at=T0 + 10, recovered=True)) == []
    assert views.sessions.open["w"].commits == 1


def test_commits_made_while_nobody_looked_are_sessions_of_then() -> None:
    views = folded([added(), changed(at=T0 - 9000), Ticked(T0 - 8000, "")])
    found = told(
        views,
        *(commit(n, at=T0, committed_at=T0 - age, recovered=True) for n, age in enumerate((8995, 7000, 6900, 5000))),
        Ticked(T0, ""),
    )
    assert found == [
        *(("Started", -8995), ("Ended", -8995)),
        *(("Started", -7000), ("Ended", -6900)),
        *(("Started", -5000), ("Ended", -5000)),
    ]


def test_a_commit_of_before_the_last_session_is_in_none() -> None:
    views = folded([added(), changed(), Ticked(T0 + 400, "")])
    assert told(views, commit(1, at=T0 + 500, committed_at=T0 - 5000, recovered=True)) == []


def test_a_hook_is_believed_when_a_commit_carries_an_invented_date() -> None:
    views = folded([added()])
    assert told(views, commit(1, at=T0, committed_at=0.0)) == [("Started", 0)]


def test_a_clock_that_went_back_ends_the_session_and_begins_one() -> None:
    views = folded([added(), changed(), changed(at=T0 + 50)])
    assert told(views, changed(at=T0 - 7200)) == [("Ended", 50), ("Started", -7200)]
    assert told(views, Ticked(T0 - 6000, "")) == [("Ended", -7200)]


def test_facts_a_little_out_of_order_are_one_session() -> None:
    views = folded([added(), changed(at=T0)])
    assert told(views, changed(at=T0 - 2), changed(at=T0 + 1), changed(at=T0 - 1)) == []
    assert views.sessions.open["w"].last_at == T0 + 1
    assert views.sessions.open["w"].started_at == T0


def test_the_idle_time_is_the_configured_one() -> None:
    views = folded([added(), changed()], ViewSettings(idle_timeout_seconds=5))
    assert told(views, Ticked(T0 + 6, "")) == [("Ended", 0)]
    views.reconfigure(ViewSettings(idle_timeout_seconds=50))
    assert told(views, changed(at=T0 + 10), Ticked(T0 + 59, "")) == [("Started", 10)]


def test_a_session_that_starts_and_ends_in_one_batch_leaves_nothing_open() -> None:
    views = folded([added()])
    assert told(views, changed(), Ticked(T0 + 301, ""), changed(at=T0 + 400), Ticked(T0 + 701, "")) == [
        *(("Started", 0), ("Ended", 0)),
        *(("Started", 400), ("Ended", 400)),
    ]
    assert not views.sessions.any_open()
    assert views.sessions.files == {}


def test_a_clock_that_is_set_moves_no_length() -> None:
    for seconds in (3600.0, -3600.0):
        views = folded([added(), changed(), changed(at=T0 + 100)])
        assert told(views, ClockStepped(T0 + 110 + seconds, "", seconds)) == []
        assert told(views, changed(at=T0 + 120 + seconds), commit(at=T0 + 130 + seconds)) == []
        session = views.sessions.open["w"]
        assert (session.started_at, session.first_commit_seconds) == (T0, 130)
        [ended, _] = fold(views, Ticked(T0 + 500 + seconds, ""))
        assert isinstance(ended, SessionEnded)
        assert ended.duration_seconds == 130


def test_a_clock_that_was_set_back_between_sessions_makes_no_commit_an_old_one() -> None:
    views = folded([added(), changed(), Ticked(T0 + 400, ""), ClockStepped(T0 - 3200, "", -3600)])
    assert told(views, commit(at=T0 - 3190)) == [("Started", -3190)]


def test_the_time_to_the_first_commit_is_from_the_start() -> None:
    views = folded([added(), changed(), commit(1, at=T0 + 40), commit(2, at=T0 + 90)])
    assert views.sessions.open["w"].first_commit_seconds == 40
