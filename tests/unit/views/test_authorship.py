"""The wait of changes for their authors: once, in time, exact over restarts, and late evidence moves no counter."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from obsd.authorship.facts import ChangeAttributed, WriteRecorded, WriterSeen
from obsd.facts import AgentsPresent, ClockStepped, Fact, FileChanged, LineEdit, Ticked, WorkspaceRemoved
from obsd.facts.telemetry import AgentHeard, AgentToolRan
from obsd.views import Views
from tests.unit.recording import T0, Clock, added, changed, fold, folded, number, recording, run, scraped

CHANGES = "obsd_agent_changes_total"
LINES = "obsd_written_lines_total"
LATE = "obsd_late_evidence_total"


def wrote(agent: str, path: str = "a.py", at: float = T0 - 0.2, session: str = "", program: str = "") -> WriterSeen:
    """The kernel named a writer."""
    return WriterSeen(at, "w", path, agent, session, program)


def recorded(
    path: str = "a.py", lines: tuple[int, int] = (2, 1), at: float = T0, agent: str = "codex"
) -> WriteRecorded:
    """An agent's record has an edit that ended just before `at`."""
    return WriteRecorded(at, "w", path, agent, "s1", f"{path}-{at}", at - 0.5, at - 0.3, *lines)


def counts(views: Views) -> dict[tuple[str, str], float]:
    """The counter of changes by author and evidence, without zeros."""
    shown = {labels: value for (name, labels), value in scraped(views).items() if name == CHANGES and value}
    return {(dict(labels)["agent"], dict(labels)["evidence"]): value for labels, value in shown.items()}


def test_a_change_whose_writer_is_known_is_attributed_at_once() -> None:
    views = folded([added(), wrote("codex", session="s1", program="sed"), changed()])
    assert counts(views) == {("codex", "writer"): 1}
    assert number(views, LINES, agent="codex", evidence="writer", direction="added") == 2
    assert number(views, LINES, agent="codex", evidence="writer", direction="removed") == 1
    assert views.sessions.open["w"].agents == {"codex": "writer"}


def test_presence_is_shown_and_never_counted() -> None:
    views = folded([added(), AgentsPresent(T0, "w", ("codex",)), changed(), Ticked(T0 + 3, "")])
    assert counts(views) == {("unknown", "none"): 1}
    session = views.sessions.open["w"]
    assert (session.agents, session.present) == ({}, ("codex",))


def test_a_change_waits_for_its_record_and_no_longer_than_is_set() -> None:
    views = folded([added(), changed()])
    assert counts(views) == {}
    assert views.authorship.next_deadline() == T0 + 3
    fold(views, Ticked(T0 + 2.9, ""))
    assert counts(views) == {}
    fold(views, recorded())
    assert counts(views) == {("codex", "record"): 1}
    assert views.authorship.next_deadline() is None


def test_a_record_may_come_before_the_change() -> None:
    views = folded([added(), recorded(at=T0 - 0.1), changed()])
    assert counts(views) == {("codex", "record"): 1}


def test_each_record_speaks_for_one_change() -> None:
    views = folded([added(), recorded(), changed(), changed(at=T0 + 1), Ticked(T0 + 4, "")])
    assert counts(views) == {("codex", "record"): 1, ("unknown", "none"): 1}


def test_a_writer_before_the_last_scan_says_nothing_of_this_change() -> None:
    views = folded([added(), wrote("codex"), changed(), changed(at=T0 + 1), Ticked(T0 + 4, "")])
    assert counts(views) == {("codex", "writer"): 1, ("unknown", "none"): 1}


def test_a_person_beside_an_agents_edit_of_another_file_keeps_his_own() -> None:
    views = folded([added(), wrote("codex"), wrote("person", "b.py", program="vim"), changed(), changed("b.py")])
    assert counts(views) == {("codex", "writer"): 1, ("person", "writer"): 1}
    assert views.sessions.open["w"].agents == {"codex": "writer"}


def test_evidence_that_comes_late_corrects_the_record_and_no_counter() -> None:
    views = folded([added(), changed(), Ticked(T0 + 3, "")])
    late = fold(views, replace(recorded(), at=T0 + 30))
    assert next(fact for fact in late if isinstance(fact, ChangeAttributed)).late
    assert counts(views) == {("unknown", "none"): 1}
    assert number(views, LATE, evidence="record") == 1
    assert views.sessions.open["w"].agents == {"codex": "record"}


def test_telemetry_counts_at_the_end_of_the_wait() -> None:
    ran = AgentToolRan(T0 + 1, "w", "codex", "s1", "edit", T0 - 0.5, T0 - 0.3, True)
    views = folded([added(), changed(), ran])
    assert counts(views) == {}
    fold(views, Ticked(T0 + 3, ""))
    assert counts(views) == {("codex", "telemetry"): 1}


def test_telemetry_that_comes_after_the_wait_corrects_the_record_and_no_counter() -> None:
    views = folded([added(), changed(), Ticked(T0 + 3, "")])
    fold(views, AgentToolRan(T0 + 5, "w", "codex", "s1", "edit", T0 - 0.5, T0 - 0.3, True))
    assert views.authorship.next_deadline() == T0 + 3, "the tool is over: it is looked at with the next tick"
    late = fold(views, Ticked(T0 + 5.1, ""))
    assert [(fact.agent, fact.late) for fact in late if isinstance(fact, ChangeAttributed)] == [("codex", True)]
    assert counts(views) == {("unknown", "none"): 1}
    assert views.sessions.open["w"].agents == {"codex": "telemetry"}


def test_a_tool_speaks_for_a_change_when_all_that_it_wrote_was_seen() -> None:
    """It asked for permission for a while: what settled first need not be what it wrote."""
    views = folded([added(), changed(), Ticked(T0 + 3, "")])
    fold(views, AgentToolRan(T0 + 5, "w", "codex", "s1", "edit", T0 - 0.5, T0 + 5, True))
    assert views.authorship.next_deadline() == T0 + 6.6
    fold(views, changed("b.py", at=T0 + 5.2))
    fold(views, Ticked(T0 + 6.7, ""))
    fold(views, Ticked(T0 + 8.3, ""))
    assert counts(views) == {("unknown", "none"): 2}
    assert views.sessions.open["w"].agents == {}


def test_telemetry_of_another_session_is_waited_for_but_not_for_ever() -> None:
    """Who was at work a moment ago may still say that a tool of theirs ran."""
    ran = AgentToolRan(T0 + 1, "w", "codex", "s1", "edit", T0 - 0.5, T0 - 0.3, True)
    other = AgentHeard(T0 - 20, "w", "claude-code", "s2", T0 - 21)
    views = folded([added(), other, changed(), ran, Ticked(T0 + 3, "")])
    assert counts(views) == {("unknown", "none"): 1}
    late = fold(views, Ticked(T0 + 121, ""))
    assert [fact.agent for fact in late if isinstance(fact, ChangeAttributed)] == ["codex"]


def test_another_session_that_was_heard_since_says_nothing_of_the_change() -> None:
    ran = AgentToolRan(T0 + 1, "w", "codex", "s1", "edit", T0 - 0.5, T0 - 0.3, True)
    other = AgentHeard(T0 + 2, "w", "claude-code", "s2", T0 - 21)
    views = folded([added(), changed(), ran, other, Ticked(T0 + 3, "")])
    assert counts(views) == {("codex", "telemetry"): 1}


def test_a_shell_command_that_ran_is_no_evidence_of_what_it_wrote() -> None:
    ran = AgentToolRan(T0 + 1, "w", "codex", "s1", "shell", T0 - 0.5, T0 + 0.3, True)
    views = folded([added(), changed(), ran, Ticked(T0 + 3, "")])
    assert counts(views) == {("unknown", "none"): 1}


def test_a_clock_that_is_set_back_leaves_no_change_waiting() -> None:
    views = folded([added(), changed(), ClockStepped(T0 - 3600, "", -3600.0)])
    assert counts(views) == {("unknown", "none"): 1}


def test_a_removed_workspace_takes_its_changes_along() -> None:
    views = folded([added(), changed(), WorkspaceRemoved(T0, "w"), added(), Ticked(T0 + 9, "")])
    assert counts(views) == {}
    assert views.authorship.next_deadline() is None


def test_a_change_that_waits_over_a_restart_is_attributed_once(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        clock = Clock()
        async with recording(path, clock) as recorder:
            await recorder.record([added(), changed(), changed("b.py")])
            # Ends before the wait is over: `stop` decides nothing.
        clock.now = T0 + 60
        async with recording(path, clock) as recorder:
            await recorder.record([Ticked(T0 + 60, "")])
            assert counts(recorder.views) == {}
            await recorder.record([replace(recorded(), at=T0 + 61)])
            assert counts(recorder.views) == {("codex", "record"): 1}
            clock.now = T0 + 63
            await recorder.record([Ticked(T0 + 63, "")])
            assert counts(recorder.views) == {("codex", "record"): 1, ("unknown", "none"): 1}
            found = await recorder.query(lambda ledger: ledger.changes())
            assert [(row.path, row.agent, row.evidence) for row in found] == [
                ("b.py", "unknown", "none"),
                ("a.py", "codex", "record"),
            ]

    run(story, tmp_path / "ledger")


def test_the_recorder_gives_the_time_by_itself(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        clock = Clock(T0 + 10)
        async with recording(path, clock) as recorder:
            feed = recorder.subscribe(kinds=frozenset({"ChangeAttributed"}))
            await recorder.record([added(), changed()])
            attributed = await anext(feed)
            assert isinstance(attributed, ChangeAttributed)
            assert (attributed.agent, attributed.change) == ("unknown", 1)

    run(story, tmp_path / "ledger")


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path) as recorder:
            await recorder.record([added(), changed(), changed("b.py")])
        async with recording(path) as recorder:
            await recorder.record([changed("c.py")])
            found = await recorder.query(lambda ledger: ledger.changes())
            assert [(row.path, row.change) for row in found] == [("c.py", 3), ("b.py", 2), ("a.py", 1)]

    run(story, tmp_path / "ledger")


PATHS = st.sampled_from(["a.py", "b.py"])
AUTHORS = st.sampled_from(["codex", "claude-code", "person", "unknown"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), PATHS, AUTHORS),
        st.tuples(st.just("scan"), PATHS, st.just("")),
        st.tuples(st.just("tick"), st.just(""), st.just("")),
    ),
    max_size=40,
)


@given(STEPS)
def test_whoever_interleaves_each_change_gets_its_own_writers_and_the_sums_agree(
    steps: list[tuple[str, str, str]],
) -> None:
    views = folded([added()])
    expected: dict[tuple[str, str], float] = {}
    pending: dict[str, set[str]] = {}
    changes = 0
    now = T0
    for step, path, author in steps:
        now += 1.0
        facts: list[Fact] = []
        if step == "write":
            pending.setdefault(path, set()).add(author)
            facts = [wrote(author, path, now)]
        elif step == "scan":
            writers = pending.pop(path, set())
            changes += 1
            known = "unknown" not in writers and writers
            name = ("several" if len(writers) > 1 else next(iter(writers))) if known else "unknown"
            key = (name, "writer" if known else "none")
            expected[key] = expected.get(key, 0) + 1
            facts = [changed(path, at=now)]
        else:
            facts = [Ticked(now, "")]
        fold(views, *facts)
    fold(views, Ticked(now + 3, ""))
    assert counts(views) == expected
    assert sum(counts(views).values()) == changes


def test_a_session_lists_what_each_author_wrote_and_late_evidence_corrects_it(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(T0)) as recorder:
            await recorder.record([added(), wrote("person"), changed(), changed("b.py"), changed("c.py")])
            await recorder.record([Ticked(T0 + 3, "")])
            await recorder.record([replace(recorded("b.py"), at=T0 + 30)])
            (session,) = await recorder.query(lambda ledger: ledger.sessions(now=T0))
            shares = {share.author: (share.changes, share.lines_added) for share in session.authors}
            assert shares == {"person": (1, 2), "codex": (1, 2), "unknown": (1, 2)}

    run(story, tmp_path / "ledger")


def test_numbers_of_changes_that_retention_took_are_not_given_again(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock(T0 + 86_400)) as recorder:
            await recorder.record([added(), changed(), changed("b.py")])
            await recorder.prune(retention_days=0.5, max_bytes=1 << 30)
            assert await recorder.query(lambda ledger: ledger.changes()) == []
        async with recording(path, Clock(T0 + 86_400)) as recorder:
            await recorder.record([changed("c.py", at=T0 + 86_400)])
            assert [row.change for row in await recorder.query(lambda ledger: ledger.changes())] == [3]

    run(story, tmp_path / "ledger")


def test_a_change_gets_its_number_and_keeps_all_else() -> None:
    edit = LineEdit("1" * 40, 3, (2, 0, 1))
    seen = FileChanged(T0, "w", "new", "renamed", "python", 5, 6, "binary", "old", "2" * 40, edit=edit)
    assert all(getattr(seen, field.name) for field in fields(seen) if field.name != "change")
    [numbered] = [fact for fact in Views(lambda: T0).stage().fold([seen]) if isinstance(fact, FileChanged)]
    assert numbered == replace(seen, change=1)
