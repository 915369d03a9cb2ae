"""An editor's words on the edits in its saves: what proves an author, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from obsd.authorship.attribution import attribute
from obsd.authorship.author import Author
from obsd.authorship.evidence import Change, ToolRun, Write
from obsd.authorship.facts import WriteRecorded
from obsd.facts.editors import EditorSaved

T = 1_800_000_000.0
SAVED = "b" * 40
CHANGE = Change(7, T, "w", "a.py", "modified", T - 60, 3, 1, SAVED)
SAVE = EditorSaved(T - 0.2, "w", "a.py", SAVED, ("person",))
HOST = Write(T - 0.2, "unknown", "", "code")


def author_of(*saves: EditorSaved, change: Change = CHANGE, writes: tuple[Write, ...] = (HOST,)) -> Author:
    return attribute(change, writes, (), (), (), saves)


@pytest.mark.parametrize("agent", ["person", "copilot-vscode"])
def test_a_save_by_one_author_proves_it(agent: str) -> None:
    assert author_of(replace(SAVE, authors=(agent,))) == Author(agent, "editor", "", "code")
    assert author_of(replace(SAVE, authors=(agent,)), writes=()) == Author(agent, "editor")


def test_a_save_of_what_a_person_typed_and_an_agent_applied_is_several() -> None:
    assert author_of(replace(SAVE, authors=("copilot-vscode", "person"))).agent == "several"


def test_two_saves_in_one_change_are_of_all_their_authors() -> None:
    earlier = replace(SAVE, at=T - 0.5, content_id="c" * 40, authors=("copilot-vscode",))
    assert author_of(earlier, SAVE).agent == "several"
    assert author_of(replace(earlier, authors=("person",)), SAVE).agent == "person"


@pytest.mark.parametrize("authors", [("person", "unknown"), ("unknown",), ()])
def test_an_edit_of_nobody_known_proves_nobody(authors: tuple[str, ...]) -> None:
    assert author_of(replace(SAVE, authors=authors)) == Author("unknown", "none", "", "code")


def test_two_known_authors_are_several_beside_an_unknown_one() -> None:
    assert author_of(replace(SAVE, authors=("copilot-vscode", "person", "unknown"))).agent == "several"


@pytest.mark.parametrize(
    "save",
    [
        replace(SAVE, content_id="c" * 40),
        replace(SAVE, at=T - 61),
        replace(SAVE, at=T + 30),
        replace(SAVE, reloaded_at=T - 1),
    ],
    ids=["another content", "before the last scan", "long after", "read from disk in between"],
)
def test_a_save_that_is_not_the_change_proves_nothing(save: EditorSaved) -> None:
    assert author_of(save).evidence == "none"


def test_what_the_editor_read_from_disk_before_the_last_scan_is_no_part_of_the_change() -> None:
    assert author_of(replace(SAVE, reloaded_at=T - 100)).agent == "person"


def test_a_change_whose_content_is_not_known_is_not_joined() -> None:
    assert author_of(SAVE, change=replace(CHANGE, content_id="")).evidence == "none"


def test_another_program_in_the_same_change_makes_it_several() -> None:
    agent = Write(T - 0.4, "codex", "s1", "codex")
    assert author_of(SAVE, writes=(HOST, agent)).agent == "several"
    assert author_of(replace(SAVE, authors=("codex",)), writes=(HOST, agent)).agent == "codex"


def test_the_kernel_and_a_record_are_stronger_and_telemetry_is_weaker() -> None:
    claim = WriteRecorded(T, "w", "a.py", "codex", "s1", "call", T - 0.5, T - 0.4, 3, 1)
    assert attribute(CHANGE, (HOST,), (claim,), (), (), (SAVE,)).evidence == "record"
    assert author_of(SAVE, writes=(Write(T - 1, "codex", "s1", "sed"),)).evidence == "writer"
    run = ToolRun("codex", "s1", T - 1, T - 0.1)
    assert attribute(CHANGE, (), (), (run,), (), (SAVE,)) == Author("person", "editor")
