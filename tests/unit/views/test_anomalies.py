"""Anomalies follow from facts: learnt from what a workspace does, told once, and the same after a restart."""

from __future__ import annotations

from pathlib import Path

from obsd.facts import AnomalySeen, ClockStepped, Fact, SessionStarted, Ticked, WorkspaceRemoved
from obsd.ledger import Ledger
from obsd.views import Views
from tests.unit.recording import T0, Clock, added, changed, commit, fold, number, recording, run

WINDOW = 300.0
BEGIN = T0 // 3600 * 3600


def habit(windows: int, workspace: str = "w", begin: float = BEGIN) -> list[Fact]:
    """Five minutes after five minutes of two to four edits and a deletion now and then."""
    return [
        changed(
            f"f{edit}.py",
            "deleted" if edit == 0 and not window % 4 else "modified",
            at=begin + window * WINDOW + edit,
            workspace=workspace,
        )
        for window in range(windows)
        for edit in range(2 + window % 3)
    ]


def purge(at: float, files: int = 400) -> list[Fact]:
    """Files deleted at once."""
    return [changed(f"gone{n}.py", "deleted", at=at + n / 100) for n in range(files)]


def found(facts: list[Fact]) -> list[AnomalySeen]:
    """The anomalies among facts."""
    return [fact for fact in facts if isinstance(fact, AnomalySeen)]


def told(views: Views, *facts: Fact) -> list[AnomalySeen]:
    """What is said of facts, some seconds later."""
    return found(fold(views, *facts, Ticked(max(fact.at for fact in facts) + 10, "")))


def experienced(clock: Clock | None = None) -> Views:
    """Views of a workspace with a day of history."""
    views = Views(clock or Clock(), "1.2.3")
    assert found(fold(views, added(at=BEGIN), *habit(300))) == []
    return views


def test_a_mass_deletion_is_told_once_with_its_reason() -> None:
    views = experienced()
    seen = told(views, *purge(BEGIN + 300 * WINDOW))
    (deletions,) = seen
    assert deletions.kind == "deletions"
    assert deletions.reason == "400 deletions in 5 min; usual is 0, at most 1"
    assert deletions.score > 5
    assert number(views, "obsd_anomalies_total", kind="deletions") == 1


def test_what_goes_on_is_said_with_the_number_that_it_reached() -> None:
    """In batches, over the border of two windows, with ticks between: one line for all of it."""
    views = experienced()
    at = BEGIN + 301 * WINDOW - 20
    seen = []
    for batch in range(10):
        files = [changed(f"{batch}/{n}.py", "deleted", at=at + 4 * batch) for n in range(30)]
        seen += found(fold(views, *files, Ticked(at + 4 * batch + 2, "")))
    assert seen == []
    (deletions,) = found(fold(views, Ticked(at + 60, "")))
    assert (deletions.kind, deletions.value) == ("deletions", 300)
    assert found(fold(views, Ticked(at + 70, ""), Ticked(at + 4000, ""))) == []


def test_a_tick_in_the_same_batch_hides_nothing() -> None:
    views = experienced()
    at = BEGIN + 300 * WINDOW
    assert "deletions" in {fact.kind for fact in found(fold(views, *purge(at), Ticked(at + 4000, "")))}


def test_a_young_workspace_gets_no_verdict() -> None:
    views = Views(Clock(), "1.2.3")
    assert told(views, added(at=BEGIN), *habit(40), *purge(BEGIN + 40 * WINDOW)) == []


def test_what_is_unusual_does_not_become_usual_by_itself() -> None:
    views = experienced()
    times = [BEGIN + 300 * WINDOW + day * 7200 for day in range(6)]
    assert [len(told(views, *purge(at))) for at in times] == [1] * 6


def test_one_workspace_is_not_held_against_another() -> None:
    views = experienced()
    fold(views, added("v", at=BEGIN, path="/srv/v"))
    other = [changed(f"gone{n}.py", "deleted", at=BEGIN + 300 * WINDOW, workspace="v") for n in range(400)]
    assert told(views, *other) == []


def test_a_huge_commit_is_told_and_a_merge_is_not() -> None:
    views = Views(Clock(), "1.2.3")
    fold(views, added(at=BEGIN), *(commit(n, at=BEGIN + n * 10, figures=(20 + n % 9, 5, 2)) for n in range(40)))
    assert found(fold(views, commit(50, at=BEGIN + 500, figures=(9000, 10, 80), kind="merge"))) == []
    seen = found(fold(views, commit(51, at=BEGIN + 510, figures=(9000, 10, 80))))
    assert [(fact.kind, fact.subject) for fact in seen] == [("commit_size", f"{51:040x}")]
    assert seen[0].reason.startswith("a commit of 9,010 lines; usual is ")


def test_a_session_that_goes_on_and_on_is_told_while_it_runs() -> None:
    views = Views(Clock(), "1.2.3")
    fold(views, added(at=BEGIN))
    for session in range(25):
        at = BEGIN + session * 4000
        fold(views, *(changed(at=at + n * 60) for n in range(10)), Ticked(at + 1500, ""))
    at = BEGIN + 25 * 4000
    seen = found(fold(views, *(changed(at=at + n * 200) for n in range(40))))
    assert [(fact.kind, fact.subject) for fact in seen] == [("session_length", "26")]
    assert "a session of 1 h 33 min; usual is 9 min" in seen[0].reason


def test_the_score_is_shown_while_the_window_runs() -> None:
    clock = Clock()
    views = experienced(clock)
    fold(views, *purge(BEGIN + 300 * WINDOW, 100))
    clock.now = BEGIN + 300 * WINDOW + 10
    assert (number(views, "obsd_anomaly_score", kind="deletions") or 0) > 5
    assert number(views, "obsd_anomaly_score", kind="commit_size") == 0
    clock.now += 7200
    assert number(views, "obsd_anomaly_score", kind="deletions") == 0


def test_a_batch_that_is_taken_back_leaves_nothing() -> None:
    views = experienced()
    at = BEGIN + 300 * WINDOW
    views.stage().fold(purge(at))
    again = told(views, *purge(at))
    assert [fact.value for fact in again if fact.kind == "deletions"] == [400.0]


def test_the_clock_may_go_back() -> None:
    views = experienced()
    seen = told(views, *habit(60, begin=BEGIN - 90_000), *purge(BEGIN - 90_000 + 61 * WINDOW))
    assert "deletions" in {fact.kind for fact in seen}


def test_a_clock_that_is_set_makes_no_session_long() -> None:
    views = Views(Clock(), "1.2.3")
    fold(views, added(at=BEGIN))
    for session in range(25):
        at = BEGIN + session * 4000
        fold(views, *(changed(at=at + n * 60) for n in range(10)), Ticked(at + 1500, ""))
    at = BEGIN + 25 * 4000
    fold(views, changed(at=at))
    assert found(fold(views, ClockStepped(at + 40_010, "", 40_000.0), changed(at=at + 40_020))) == []


def test_a_flood_is_one_story_and_little_memory() -> None:
    views = experienced()
    at = BEGIN + 300 * WINDOW
    seen = []
    for batch in range(12):
        seen += found(fold(views, *(changed(f"{batch}/{n}", at=at + batch + n / 9000) for n in range(5000))))
    assert seen == []
    (flood,) = found(fold(views, Ticked(at + 30, "")))
    assert (flood.kind, flood.value) == ("changes", 60_000)
    assert all(len(window.files) <= 20_000 for window in views.anomalies.running["w"].windows.values())


def test_a_workspace_that_comes_back_begins_anew() -> None:
    views = experienced()
    at = BEGIN + 300 * WINDOW
    fold(views, WorkspaceRemoved(at, "w"), added(at=at + 1))
    assert told(views, *purge(at + 2)) == []
    assert number(views, "obsd_anomalies_total", kind="deletions") == 0


def test_facts_of_an_unknown_workspace_move_nothing() -> None:
    views = Views(Clock(), "1.2.3")
    fold(views, changed(), commit(), SessionStarted(T0, "w", "1"), Ticked(T0 + 9000, ""))
    assert views.anomalies.scores("w", T0) == dict.fromkeys(views.anomalies.scores("w", T0), 0.0)


def test_a_restart_keeps_what_was_learnt(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added(at=BEGIN), *habit(300)])
        async with recording(path) as recorder:
            seen = found(await recorder.record([*purge(BEGIN + 300 * WINDOW), Ticked(BEGIN + 301 * WINDOW, "")]))
            kept = await recorder.query(lambda ledger: Ledger.events(ledger, "w"))
        assert "deletions" in {fact.kind for fact in seen}
        assert {row.fields["reason"] for row in kept if row.kind == "AnomalySeen"} == {fact.reason for fact in seen}

    run(story, tmp_path / "ledger.sqlite3")
