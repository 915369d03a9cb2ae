"""The rules by which evidence names an author: the strongest first, nobody guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from obsd.authorship.attribution import attribute
from obsd.authorship.author import Author
from obsd.authorship.evidence import Change, ToolRun, Write
from obsd.authorship.facts import WriteRecorded

T = 1_800_000_000.0
CHANGE = Change(7, T, "w", "a.py", "modified", T - 60, 3, 1, "b" * 40)
CLAIM = WriteRecorded(T, "w", "a.py", "codex", "s1", "call", T - 0.5, T - 0.4, 3, 1)


def author_of(
    change: Change = CHANGE,
    writes: tuple[Write, ...] = (),
    claims: tuple[WriteRecorded, ...] = (),
    runs: tuple[ToolRun, ...] = (),
    others: tuple[Change, ...] = (),
) -> Author:
    return attribute(change, writes, claims, runs, others)


def test_without_evidence_nobody_is_named() -> None:
    assert author_of() == Author("unknown", "none")


def test_the_kernel_names_an_agent_with_its_session_and_program() -> None:
    writes = (Write(T - 1, "codex", "s1", "sed"), Write(T - 0.9, "codex", "s1", "sed"))
    assert author_of(writes=writes) == Author("codex", "writer", "s1", "sed")


def test_the_kernel_names_a_person_beside_an_agents_record() -> None:
    assert author_of(writes=(Write(T - 1, "person", "", "vim"),), claims=(CLAIM,)).agent == "person"


def test_two_known_writers_are_several() -> None:
    writes = (Write(T - 1, "codex", "s1", "codex"), Write(T - 0.5, "person", "", "vim"))
    assert author_of(writes=writes) == Author("several", "writer", "", "vim")


def test_two_sessions_of_one_agent_prove_the_agent_alone() -> None:
    writes = (Write(T - 1, "codex", "s1", "codex"), Write(T - 0.5, "codex", "s2", "codex"))
    assert author_of(writes=writes) == Author("codex", "writer", "", "codex")


def test_an_editor_that_hosts_both_names_nobody_but_its_program() -> None:
    assert author_of(writes=(Write(T - 1, "unknown", "", "code"),)) == Author("unknown", "none", "", "code")


def test_a_record_decides_for_such_an_editor() -> None:
    found = author_of(writes=(Write(T - 1, "unknown", "", "code"),), claims=(CLAIM,))
    assert found == Author("codex", "record", "s1", "code")


def test_a_known_and_an_unknown_writer_prove_nobody() -> None:
    writes = (Write(T - 1, "codex", "s1", "codex"), Write(T - 0.5, "unknown", "", "code"))
    runs = (ToolRun("codex", "s1", T - 1, T - 0.2),)
    assert author_of(writes=writes, runs=runs).agent == "unknown"


def test_a_record_whose_lines_are_those_of_the_change_proves_it() -> None:
    assert author_of(claims=(CLAIM,)) == Author("codex", "record", "s1")


def test_records_of_one_session_add_up() -> None:
    parts = (replace(CLAIM, tool_id="1", lines_added=1, lines_removed=1), replace(CLAIM, tool_id="2", lines_added=2))
    assert author_of(claims=(parts[0], replace(parts[1], lines_removed=0))).agent == "codex"


def test_what_a_record_leaves_over_is_somebody_elses() -> None:
    assert author_of(claims=(replace(CLAIM, lines_added=2),)) == Author("several", "record")


def test_records_of_two_sessions_are_several() -> None:
    claims = (
        replace(CLAIM, lines_added=1, lines_removed=1),
        replace(CLAIM, agent="claude-code", lines_added=2, lines_removed=0),
    )
    assert author_of(claims=claims) == Author("several", "record")


def test_a_record_of_more_than_was_found_proves_nothing() -> None:
    assert author_of(claims=(replace(CLAIM, lines_added=9),)).evidence == "none"


def test_a_record_without_lines_or_content_proves_nothing() -> None:
    assert author_of(claims=(replace(CLAIM, lines_added=None, lines_removed=None),)).evidence == "none"


def test_a_file_that_was_written_whole_is_its_writers_whatever_was_before() -> None:
    whole = replace(CLAIM, lines_added=40, lines_removed=None, content_id="b" * 40, rewrites=True)
    assert author_of(claims=(whole,)) == Author("codex", "record", "s1")


def test_an_edit_that_left_the_content_found_does_not_take_others_lines_along() -> None:
    edit = replace(CLAIM, lines_added=2, content_id="b" * 40)
    assert author_of(claims=(edit,)) == Author("several", "record")


def test_a_record_of_another_content_and_other_lines_proves_nothing() -> None:
    other = replace(CLAIM, lines_added=40, lines_removed=0, content_id="c" * 40, rewrites=True)
    assert author_of(claims=(other,)).evidence == "none"


def test_a_deletion_is_the_tools_that_removed_the_file() -> None:
    gone = replace(CHANGE, operation="deleted", content_id="", lines_added=0, lines_removed=9)
    claim = replace(CLAIM, lines_added=None, lines_removed=None, removes=True)
    assert author_of(gone, claims=(claim,)).agent == "codex"
    assert author_of(CHANGE, claims=(claim,)).agent == "unknown"


@pytest.mark.parametrize(
    "claim",
    [
        replace(CLAIM, started_at=T + 1, ended_at=T + 2),
        replace(CLAIM, started_at=T - 20, ended_at=T - 10),
        replace(CLAIM, started_at=T - 90, ended_at=T - 80),
    ],
    ids=["after the scan", "long before the scan", "before the scan before"],
)
def test_a_record_of_another_time_proves_nothing(claim: WriteRecorded) -> None:
    assert author_of(claims=(claim,)).evidence == "none"


def test_one_edit_tool_and_one_change_are_each_others() -> None:
    assert author_of(runs=(ToolRun("codex", "s1", T - 1, T - 0.3),)) == Author("codex", "telemetry", "s1")


def test_two_edit_tools_at_once_prove_nobody() -> None:
    runs = (ToolRun("codex", "s1", T - 1, T - 0.3), ToolRun("claude-code", "s2", T - 2, T))
    assert author_of(runs=runs).evidence == "none"


def test_two_changes_during_one_edit_tool_prove_nobody() -> None:
    other = replace(CHANGE, number=8, path="b.py", at=T + 0.2)
    assert author_of(runs=(ToolRun("codex", "s1", T - 1, T - 0.3),), others=(CHANGE, other)).evidence == "none"


def test_a_session_that_edits_two_files_at_once_wrote_both() -> None:
    other = replace(CHANGE, number=8, path="b.py", at=T + 0.2)
    runs = (ToolRun("codex", "s1", T - 1, T - 0.3), ToolRun("codex", "s1", T - 0.9, T - 0.2))
    assert author_of(runs=runs, others=(CHANGE, other)) == Author("codex", "telemetry", "s1")
    third = replace(CHANGE, number=9, path="c.py", at=T + 0.3)
    assert author_of(runs=runs, others=(CHANGE, other, third)).evidence == "none"


def test_what_settles_after_an_edit_while_a_command_runs_is_nobodys() -> None:
    edit, command = ToolRun("codex", "s1", T - 1, T - 0.9), ToolRun("codex", "s1", T - 0.5, T + 5, edits=False)
    assert author_of(runs=(edit, command)).evidence == "none"
    edited = replace(CHANGE, number=8, path="b.py", at=T - 0.8)
    assert author_of(edited, runs=(edit, command), others=(CHANGE, edited)).evidence == "telemetry"


def test_another_sessions_command_contradicts_and_one_that_is_elsewhere_does_not() -> None:
    edit = ToolRun("codex", "s1", T - 1, T - 0.3, workspace="w")
    command = ToolRun("claude-code", "s2", T - 60, T + 60, edits=False)
    assert author_of(runs=(edit, command)).evidence == "none"
    assert author_of(runs=(edit, replace(command, workspace="other"))).evidence == "telemetry"


def test_a_session_that_is_at_work_elsewhere_wrote_nothing_here() -> None:
    assert author_of(runs=(ToolRun("codex", "s1", T - 1, T - 0.3, workspace="other"),)).evidence == "none"


def test_where_writers_went_unseen_the_next_best_is_nobody() -> None:
    run = ToolRun("codex", "s1", T - 1, T - 0.3)
    unseen = Write(T, "unknown", unseen=True)
    assert author_of(runs=(run,)).evidence == "telemetry"
    assert author_of(runs=(run,), writes=(unseen,)).evidence == "none"
    assert author_of(writes=(unseen, Write(T - 1, "amp", "", "amp"))).agent == "unknown"
    # What a record proves is proved all the same.
    assert author_of(writes=(unseen,), claims=(CLAIM,)).evidence == "record"


LATE = replace(CHANGE, at=T + 900, since=0.0)


def test_a_file_found_later_is_the_agents_if_it_is_as_its_record_left_it() -> None:
    first = replace(CLAIM, lines_added=1, lines_removed=0, content_id="a" * 40)
    last = replace(CLAIM, tool_id="2", ended_at=T + 5, lines_added=2, lines_removed=1, content_id="b" * 40)
    assert author_of(LATE, claims=(first, last)) == Author("codex", "record", "s1")
    assert author_of(LATE, claims=(last,)) == Author("several", "record")
    assert author_of(LATE, claims=(last, first)).evidence == "none"
    assert author_of(replace(LATE, since=T + 10), claims=(first, last)).evidence == "none"
    assert author_of(replace(LATE, content_id=""), claims=(first, last)).evidence == "none"
